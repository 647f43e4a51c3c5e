/**
 * How much of a TCP connection the kernel takes through an interface at once. Four times its default is three times as fast where
 * nothing but other processes of this machine receives it: by bridges and their ports to containers, and by the loopback device.
 */
import { applyChanges, linkNamed } from '#sys/netlink/interfaces.ts';
import { setLargestBurst } from '#sys/netlink/link.ts';

/** Bytes. */
export const LARGEST_BURST = 262_144;

const KERNEL_DEFAULT = 65_536;

/** Connections to ports published at loopback addresses begin at the loopback device. Whoever has set another value there knows why. */
export async function widenLoopback(): Promise<void> {
  const link = await linkNamed('lo');
  if (link?.largestBurst !== KERNEL_DEFAULT) return;
  await applyChanges([{ message: setLargestBurst(link.index, LARGEST_BURST), about: 'let lo take more at once' }]);
}
