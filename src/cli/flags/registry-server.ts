/** Flags of the commands about Berth's own registry. Data only. */
import type { FlagSpec } from '../flag.ts';

export const REGISTRY_SERVE_FLAGS: readonly FlagSpec[] = [
  { name: 'allow-missing', usage: 'Take manifests although blobs that they list are not here' },
  { name: 'gc-grace', type: 'duration', usage: 'How long what no manifest lists is kept', default: '1h' },
  { name: 'gc-interval', type: 'duration', usage: 'How often garbage is collected; 0s for never', default: '1h' },
  { name: 'gc-untagged', usage: 'Collect manifests that no tag leads to as well' },
  { name: 'htpasswd', type: 'string', usage: 'File with users and bcrypt hashes; only they get in' },
  {
    name: 'listen',
    type: 'list',
    usage: 'ADDRESS:PORT to listen on; without an address, all',
    printedDefault: '127.0.0.1:5000',
  },
  {
    name: 'log-level',
    short: 'l',
    type: 'string',
    usage: 'Set the logging level ("debug", "info", "warn", "error")',
    default: 'info',
  },
  { name: 'max-blob-size', type: 'bytes', usage: 'Largest blob that is taken', printedDefault: 'unlimited' },
  { name: 'mirror', type: 'string', usage: 'Serve copies of the registry at this URL, made when first asked for' },
  {
    name: 'mirror-size',
    type: 'bytes',
    usage: 'Most bytes of copies that are kept; what was asked for longest ago goes first',
    printedDefault: 'unlimited',
  },
  { name: 'read-only', usage: 'Take nothing and delete nothing' },
  {
    name: 'realm',
    type: 'string',
    usage: 'Name that clients show when they ask for a password',
    default: 'Berth registry',
  },
  { name: 'shutdown-timeout', type: 'duration', usage: 'How long running requests may take to end', default: '15s' },
  { name: 'tls-ca', type: 'string', usage: 'Let in only clients with a certificate of this authority' },
  { name: 'tls-cert', type: 'string', usage: 'Certificate file; with it TLS is spoken' },
  { name: 'tls-key', type: 'string', usage: 'Key file of the certificate' },
  { name: 'token-issuer', type: 'string', usage: 'Who signs tokens' },
  { name: 'token-keys', type: 'string', usage: 'PEM file with the public keys or certificates of who signs tokens' },
  { name: 'token-realm', type: 'string', usage: 'URL where clients get tokens; only they get in' },
  { name: 'token-service', type: 'string', usage: 'Name of this registry in tokens' },
  {
    name: 'upload-expiry',
    type: 'duration',
    usage: 'How long an upload may rest before it is forgotten',
    default: '24h',
  },
];

export const REGISTRY_GC_FLAGS: readonly FlagSpec[] = [
  { name: 'format', type: 'string', usage: 'Format output: "json", or text by default' },
  { name: 'grace', type: 'duration', usage: 'How long what no manifest lists is kept', default: '1h' },
  { name: 'untagged', usage: 'Collect manifests that no tag leads to as well' },
];
