/** Tools by what they are for. Those on constraints are always there; others cost rights, so they are asked for. */
import { tools as constraintTools } from './all.ts';
import type { Tool } from './define.ts';
import { type Toolset, toolsets } from './toolset-names.ts';

const toolsBySet: Readonly<Record<Toolset, readonly Tool[]>> = { constraints: constraintTools };

/** The tools of these toolsets, each once, in the order of the toolsets' own list. */
export function toolsOf(chosen: readonly Toolset[]): readonly Tool[] {
  return toolsets.filter((toolset) => chosen.includes(toolset)).flatMap((toolset) => toolsBySet[toolset]);
}
