/** A bridge network as the kernel needs to know it. */
import type { AddressPool, NetworkDevice } from '#network/model.ts';
import {
  booleanOption,
  firewallOption,
  gatewayModeOption,
  hostBindingOption,
  mtuOption,
  type Options,
  trustedInterfacesOption,
} from './driver-options.ts';

export interface BridgeParts {
  readonly id: string;
  readonly interfaceName: string;
  readonly internal: boolean;
  readonly pools: readonly AddressPool[];
  readonly options: Options;
  /** False for a bridge that was there before. */
  readonly isOwn?: boolean;
}

/** @throws invalid for options that mean nothing, with Docker's words */
export function bridgeDevice({
  id,
  interfaceName,
  internal,
  pools,
  options,
  isOwn = true,
}: BridgeParts): NetworkDevice {
  const mtu = mtuOption(options);
  const masquerade = booleanOption(options, 'com.docker.network.bridge.enable_ip_masquerade', true);
  const trusted = trustedInterfacesOption(options);
  const firewall = firewallOption(options);
  const isInhibited = booleanOption(options, 'com.docker.network.bridge.inhibit_ipv4', false);
  return {
    id,
    driver: 'bridge',
    interfaceName,
    ownsParent: isOwn,
    ...(mtu === undefined ? {} : { mtu }),
    mode: '',
    internal,
    pools,
    bridge: {
      interContainer: booleanOption(options, 'com.docker.network.bridge.enable_icc', true),
      masquerade: { v4: masquerade, v6: masquerade },
      gatewayMode: { v4: gatewayModeOption(options, 4, internal), v6: gatewayModeOption(options, 6, internal) },
      hostBinding: { v4: hostBindingOption(options, 4), v6: hostBindingOption(options, 6) },
      ...(firewall === undefined ? {} : { firewall }),
      ...(isInhibited ? { inhibitIpv4: true } : {}),
      ...(trusted.length > 0 ? { trustedInterfaces: trusted } : {}),
    },
  };
}
