/** What a root says about its networks and all its published ports: `network.json` in it, read when it matters. */
import { readFileSync } from 'node:fs';
import { BerthError, isErrno, messageOf } from '#base/errors.ts';
import { canonicalAddress } from '#base/ip-address.ts';
import type { PoolSource } from '#network/ipam/free-subnet.ts';
import { poolSources } from '#network/ipam/pool-sources.ts';

export interface PortSettings {
  /** Whether the host's input rules decide who reaches published ports, where the network does not say. */
  readonly firewall: 'respect' | 'open';
  /** Where ports are published when neither `-p` nor the network names an address; empty: everywhere. */
  readonly publishAddress: string;
  /** Where the subnets of new networks come from; empty: Berth's own choice. */
  readonly addressPools: readonly PoolSource[];
}

const FILE = 'network.json';

function invalid(path: string, message: string): BerthError {
  return new BerthError('invalid', 'engine.network-settings', `${path}: ${message}`);
}

function parse(path: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(path, `not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(path, 'wanted a JSON object');
  return value as Record<string, unknown>;
}

function poolsOf(path: string, value: unknown): PoolSource[] {
  try {
    return poolSources(value);
  } catch (error) {
    throw invalid(path, `addressPools: ${messageOf(error)}`);
  }
}

/** @throws invalid naming the key */
export function checkPortSettings(path: string, text: string): PortSettings {
  const { firewall = 'respect', publishAddress = '', addressPools = [], ...others } = parse(path, text);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(path, `unknown setting ${unknown}`);
  if (firewall !== 'respect' && firewall !== 'open') {
    throw invalid(path, `firewall is ${JSON.stringify(firewall)}, wanted "respect" or "open"`);
  }
  const address = publishAddress === '' ? '' : canonicalAddress(String(publishAddress));
  if (typeof publishAddress !== 'string' || address === undefined) {
    throw invalid(path, `publishAddress is ${JSON.stringify(publishAddress)}, wanted an IP address`);
  }
  return { firewall, publishAddress: address, addressPools: poolsOf(path, addressPools) };
}

/** @throws invalid for a file that says something else than it may */
export function readPortSettings(root: string): PortSettings {
  const path = `${root}/${FILE}`;
  try {
    return checkPortSettings(path, readFileSync(path, 'utf8'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { firewall: 'respect', publishAddress: '', addressPools: [] };
    throw error;
  }
}
