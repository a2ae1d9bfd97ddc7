import type { Tool } from '../tools/define.ts';
import { planned } from './planned.ts';
import { type ClusterOptions, type ClusterTool, createCluster } from './define.ts';

/** Every tool of the set, by name. Adding one: a file beside this one, and a line here. */
const definitions: readonly ClusterTool[] = [...planned];

/** The cluster toolset, for callers of a gateway or for one person. */
export function createClusterTools(options: ClusterOptions): Tool[] {
  const cluster = createCluster(options);
  return definitions.map((define) => define(cluster));
}
