/** An image of PostgreSQL that is used like the official one, made by Berth itself of Debian's packages. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const SUITE = process.env['BERTH_TEST_SUITE'] ?? 'bookworm';
/** Kept between runs: making it takes minutes. */
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'berth', 'apps');

const ENTRYPOINT = `
D=/var/lib/postgresql/data; B=$(echo /usr/lib/postgresql/*/bin)
chown postgres: $D; chmod 700 $D
echo "$POSTGRES_PASSWORD" > /tmp/password; chown postgres: /tmp/password
test -e $D/PG_VERSION || su postgres -c "$B/initdb -A scram-sha-256 --pwfile=/tmp/password $D" >/dev/null
rm /tmp/password
echo 'host all all all scram-sha-256' >> $D/pg_hba.conf
exec su postgres -c "exec $B/postgres -D $D -c listen_addresses='*' -c unix_socket_directories=/tmp"`;

/**
 * @param berth runs a command line against the root that is to have the image
 * @param folder of the test
 * @returns its name
 */
export function makePostgresImage(berth: (...words: string[]) => string, folder: string): string {
  const archive = join(CACHE, `postgres-${SUITE}.tar`);
  const name = 'postgres:debian';
  if (existsSync(archive)) {
    berth('load', '-q', '-i', archive);
    return name;
  }
  mkdirSync(CACHE, { recursive: true });
  const debian = join(folder, 'debian');
  execFileSync('debootstrap', ['--variant=minbase', SUITE, debian], { stdio: 'ignore' });
  execFileSync('tar', ['-C', debian, '-cf', `${debian}.tar`, '.']);
  rmSync(debian, { recursive: true });
  berth('import', `${debian}.tar`, 'debian:plain');
  rmSync(`${debian}.tar`);
  const install =
    'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends postgresql && apt-get clean';
  berth('run', '--name', 'setup', 'debian:plain', 'sh', '-c', install);
  const changes = [`ENTRYPOINT ${JSON.stringify(['sh', '-c', ENTRYPOINT])}`, 'CMD []', 'EXPOSE 5432'];
  berth('commit', ...changes.flatMap((change) => ['--change', change]), 'setup', name);
  berth('rm', 'setup');
  berth('save', '-o', `${archive}.new`, name);
  execFileSync('mv', [`${archive}.new`, archive]);
  return name;
}
