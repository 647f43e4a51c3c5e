/** Rows of `network ls`. */
import type { NetworkInspect } from '#spec/docker-api/networks.ts';
import type { GoStruct } from '../template/values.ts';
import { joinLabels } from './container-row.ts';
import { goTimeText } from './go-time.ts';
import { row } from './rows.ts';
import { shortId } from './shorten.ts';

export const NETWORK_HEADER: Readonly<Record<string, string>> = {
  ID: 'NETWORK ID',
  Name: 'NAME',
  Driver: 'DRIVER',
  Scope: 'SCOPE',
  IPv4: 'IPV4',
  IPv6: 'IPV6',
  Internal: 'INTERNAL',
  Labels: 'LABELS',
  CreatedAt: 'CREATED AT',
};

const RAW = 'network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n';

/** The template of a format word; other formats as they are. */
export function networkFormat(format: string, quiet: boolean): string {
  if (format === 'raw') return quiet ? 'network_id: {{.ID}}' : RAW;
  if (format !== 'table') return format;
  return quiet ? '{{.ID}}' : 'table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}';
}

export function networkRow(network: NetworkInspect, truncate: boolean): GoStruct {
  const columns = {
    ID: () => (truncate ? shortId(network.Id) : network.Id),
    Name: () => network.Name,
    Driver: () => network.Driver,
    Scope: () => network.Scope,
    IPv4: () => String(network.EnableIPv4),
    IPv6: () => String(network.EnableIPv6),
    Internal: () => String(network.Internal),
    Labels: () => joinLabels(network.Labels),
    CreatedAt: () => goTimeText(network.Created),
  };
  return row('*network.networkContext', columns, (name) => network.Labels?.[name] ?? '');
}
