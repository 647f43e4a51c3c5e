/** `/networks`. */
import { BerthError } from '#base/errors.ts';
import type { Networks } from '#engine/networks/api.ts';
import type { ApiResponse } from '#spec/docker-api/exchange.ts';
import type {
  NetworkConnectRequest,
  NetworkCreateRequest,
  NetworkDisconnectRequest,
} from '#spec/docker-api/networks.ts';
import { ENDPOINT } from './bodies.ts';
import { decodeBody, STRING_MAP, type Struct } from './body-shape.ts';
import { parseFilters } from './filters.ts';
import { isBefore } from './older-shapes.ts';
import type { RequestContext } from './request-context.ts';
import { empty, json } from './responses.ts';
import type { Route } from './router.ts';

const IPAM: Struct = {
  struct: 'IPAM',
  fields: {
    Driver: 'string',
    Options: STRING_MAP,
    Config: {
      list: {
        struct: 'IPAMConfig',
        fields: { Subnet: 'string', IPRange: 'string', Gateway: 'string', AuxiliaryAddresses: STRING_MAP },
      },
    },
  },
};

const NETWORK_CREATE: Struct = {
  struct: 'CreateRequest',
  fields: {
    Name: 'string',
    CheckDuplicate: 'bool',
    Driver: 'string',
    Scope: 'string',
    EnableIPv4: 'bool',
    EnableIPv6: 'bool',
    IPAM,
    Internal: 'bool',
    Attachable: 'bool',
    Ingress: 'bool',
    ConfigOnly: 'bool',
    ConfigFrom: { struct: 'ConfigReference', fields: { Network: 'string' } },
    Options: STRING_MAP,
    Labels: STRING_MAP,
  },
};

const NETWORK_CONNECT: Struct = {
  struct: 'ConnectOptions',
  fields: { Container: 'string', EndpointConfig: ENDPOINT },
};

const NETWORK_DISCONNECT: Struct = { struct: 'DisconnectOptions', fields: { Container: 'string', Force: 'bool' } };

async function inspect(networks: Networks, context: RequestContext): Promise<ApiResponse> {
  // `verbose` adds services of a swarm, of which there are none; what is no boolean is refused all the same.
  const verbose = context.text('verbose');
  if (verbose !== undefined && !/^(1|0|t|f|true|false)$/i.test(verbose)) {
    const message = `invalid value for verbose: ${JSON.stringify(verbose)}: strconv.ParseBool: parsing ${JSON.stringify(verbose)}: invalid syntax`;
    throw new BerthError('invalid', 'api.verbose', message);
  }
  return json(await networks.inspect(context.parameter('ref'), { scope: context.text('scope') ?? '' }));
}

/** Lists had the containers of each network until 1.27. */
async function list(networks: Networks, context: RequestContext): Promise<ApiResponse> {
  const found = await networks.list(parseFilters(context.text('filters')));
  if (!isBefore(context.version, '1.28')) return json(found);
  return json(await Promise.all(found.map(({ Id }) => networks.inspect(Id))));
}

async function create(networks: Networks, context: RequestContext): Promise<ApiResponse> {
  const body = decodeBody<NetworkCreateRequest>(await context.json(), NETWORK_CREATE);
  const { EnableIPv4: _, ...older } = body;
  return json(await networks.create(isBefore(context.version, '1.48') ? older : body), 201);
}

async function connect(networks: Networks, context: RequestContext): Promise<ApiResponse> {
  const body = decodeBody<NetworkConnectRequest>(await context.json(), NETWORK_CONNECT);
  await networks.connect(context.parameter('ref'), body);
  return empty(200);
}

async function disconnect(networks: Networks, context: RequestContext): Promise<ApiResponse> {
  const body = decodeBody<NetworkDisconnectRequest>(await context.json(), NETWORK_DISCONNECT);
  await networks.disconnect(context.parameter('ref'), body);
  return empty(200);
}

async function remove(networks: Networks, context: RequestContext): Promise<ApiResponse> {
  await networks.remove(context.parameter('ref'));
  return empty(204);
}

/** @param networks every network's calls; a name may hold slashes, as Docker lets it */
export function networkRoutes(networks: Networks): Route[] {
  const prune = async (context: RequestContext) => json(await networks.prune(parseFilters(context.text('filters'))));
  return [
    { method: 'GET', path: '/networks', handle: (context) => list(networks, context) },
    { method: 'GET', path: '/networks/', handle: (context) => list(networks, context) },
    { method: 'POST', path: '/networks/create', handle: (context) => create(networks, context) },
    { method: 'POST', path: '/networks/prune', handle: prune },
    { method: 'POST', path: '/networks/{ref*}/connect', handle: (context) => connect(networks, context) },
    { method: 'POST', path: '/networks/{ref*}/disconnect', handle: (context) => disconnect(networks, context) },
    { method: 'GET', path: '/networks/{ref*}', handle: (context) => inspect(networks, context) },
    { method: 'DELETE', path: '/networks/{ref*}', handle: (context) => remove(networks, context) },
  ];
}
