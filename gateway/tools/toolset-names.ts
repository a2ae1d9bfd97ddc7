/** Names of toolsets, for who only says which there are: the tools take a while to load. */

export const toolsets = ['constraints', 'cluster'] as const;
export type Toolset = (typeof toolsets)[number];

/** Whether it is the name of a set. */
export function isToolset(text: string): text is Toolset {
  return toolsets.some((name) => name === text);
}
