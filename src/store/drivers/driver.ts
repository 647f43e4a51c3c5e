import type { RootfsMount } from '#spec/rootfs.ts';
import type { WhiteoutForm } from '../layers/layer-writer.ts';

/** A layer as drivers see it. */
export interface LayerDirectory {
  readonly chainId: string;
  readonly path: string;
}

/**
 * How layers lie on disk and how a container gets a writable root over them. Layers are given topmost first.
 * A driver makes directories; which of them exist and who uses them is the layer store's business.
 */
export interface StorageDriver {
  readonly name: 'overlay' | 'vfs';
  readonly whiteouts: WhiteoutForm;
  /** Makes `target` ready for a layer's archive. */
  beginLayer(target: string, lower: readonly LayerDirectory[]): Promise<void>;
  /** After the archive is unpacked: gives directories that it did not list the looks they have in lower layers. */
  finishLayer(target: string, implied: readonly string[], lower: readonly LayerDirectory[]): Promise<void>;
  /** Makes what a container writes into, below its directory. Must be fast: every start of a new container waits for it. */
  prepare(container: string, layers: readonly LayerDirectory[]): RootfsMount | Promise<RootfsMount>;
  /** The root of a prepared container. */
  mountOf(container: string, layers: readonly LayerDirectory[]): RootfsMount;
  /** Names below a container's directory that `prepare` makes. */
  readonly containerEntries: readonly string[];
}
