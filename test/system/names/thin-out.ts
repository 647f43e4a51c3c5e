/** Another program that deletes a chain: `node thin-out.ts TABLE CHAIN`. */
import { text } from '#sys/netlink/attribute.ts';
import { batchOf, nftMessage } from '#sys/nftables/message.ts';
import { NETLINK_NETFILTER, talk } from '#sys/nftables/talk.ts';

const DELETE_CHAIN = 5;

process.title = 'firewall-tool';
const [table = '', chain = ''] = process.argv.slice(2);
const { refusal } = await talk(
  NETLINK_NETFILTER,
  batchOf([nftMessage(DELETE_CHAIN, 0, 'ip', text(1, table), text(3, chain))]),
);
if (refusal !== undefined) throw new Error(`refused: ${refusal.errno}`);
