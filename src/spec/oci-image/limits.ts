/** Largest manifest, index or configuration that is read, bytes. Registries refuse more than 4 MiB. */
export const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024;
/** Most layers of an image; overlayfs takes up to 500 lower directories. */
export const LAYERS_MAX = 500;
/** Most descriptors of an index. */
export const INDEX_ENTRIES_MAX = 1000;
/** How deep indexes may lie in one another. */
export const INDEX_DEPTH_MAX = 4;
/** Most images of one archive. */
export const ARCHIVE_IMAGES_MAX = 1000;
