import { BerthError } from '#base/errors.ts';

/** The texts of a root file system's account files; empty when it has none. */
export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
}

/** Who a container's process is. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  /** Home directory for `HOME`, `/` for an unknown account. */
  readonly home: string;
}

const MAX_ID = 2 ** 31 - 1;

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** @throws invalid with Docker's words when the user or a group does not exist or a number is out of range */
export function resolveIdentity(user: string, extraGroups: readonly string[], files: AccountFiles): Identity {
  const colon = user.indexOf(':');
  const userPart = colon < 0 ? user : user.slice(0, colon);
  const groupPart = colon < 0 ? '' : user.slice(colon + 1);
  const account = findAccount(userPart, files.passwd);
  const groups = parseGroups(files.group);
  const gid = groupPart === '' ? account.gid : findGroup(groupPart, groups, 'unable to find group');
  // As in Docker: naming a group replaces those that /etc/group gives.
  const memberships =
    groupPart === '' && account.name !== ''
      ? groups.filter((group) => group.members.includes(account.name)).map((group) => group.gid)
      : [];
  const added = extraGroups.map((name) => findGroup(name, groups, 'Unable to find group'));
  return { uid: account.uid, gid, additionalGids: [...new Set([gid, ...memberships, ...added])], home: account.home };
}

function findAccount(text: string, passwd: string): Account {
  const accounts = parseAccounts(passwd);
  const wanted = text === '' ? '0' : text;
  const number = parseId(wanted);
  const found = accounts.find((account) => account.name === wanted || account.uid === number);
  if (found !== undefined) return found;
  if (number === undefined) {
    throw new BerthError(
      'invalid',
      'container.unknown-user',
      `unable to find user ${wanted}: no matching entries in passwd file`,
    );
  }
  return { name: '', uid: number, gid: 0, home: '/' };
}

function findGroup(text: string, groups: readonly Group[], failure: string): number {
  const number = parseId(text);
  const found = groups.find((group) => group.name === text || group.gid === number);
  if (found !== undefined) return found.gid;
  if (number === undefined) {
    throw new BerthError('invalid', 'container.unknown-group', `${failure} ${text}: no matching entries in group file`);
  }
  return number;
}

/** A decimal id; undefined for a name. */
function parseId(text: string): number | undefined {
  if (!/^-?\d+$/.test(text)) return undefined;
  const number = Number(text);
  if (number < 0 || number > MAX_ID) {
    throw new BerthError('invalid', 'container.id-range', 'uids and gids must be in range 0-2147483647');
  }
  return number;
}

function parseAccounts(passwd: string): Account[] {
  return lines(passwd).flatMap((line) => {
    const [name = '', , uid = '', gid = '', , home = ''] = line.split(':');
    if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return [];
    return [{ name, uid: Number(uid), gid: Number(gid), home: home === '' ? '/' : home }];
  });
}

function parseGroups(group: string): Group[] {
  return lines(group).flatMap((line) => {
    const [name = '', , gid = '', members = ''] = line.split(':');
    return /^\d+$/.test(gid) ? [{ name, gid: Number(gid), members: members.split(',') }] : [];
  });
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
