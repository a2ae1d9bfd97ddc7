/** Names of toolsets, for who only says which there are: the tools take a while to load. */

export const toolsets = ['constraints'] as const;
export type Toolset = (typeof toolsets)[number];
