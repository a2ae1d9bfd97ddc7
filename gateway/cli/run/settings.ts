/**
 * The options of a command as they were given, read from what commander collected.
 */
import type { Command } from 'commander';
import * as z from 'zod';
import { colorChoices, outputs } from '../options.ts';
import type { Surroundings } from '../surroundings.ts';

const Settings = z.object({
  namespace: z.string().optional(),
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  server: z.string().optional(),
  certificateAuthority: z.string().optional(),
  reports: z.string().optional(),
  output: z.enum(outputs),
  headers: z.boolean(),
  color: z.enum(colorChoices),
  timeout: z.number(),
});
export type Settings = z.infer<typeof Settings>;

/** What the options and the environment say together; an option wins. */
export function readSettings(command: Command, { environment }: Surroundings): Settings {
  const settings = Settings.parse(command.optsWithGlobals());
  const server = settings.server ?? (environment['POTOO_SERVER'] || undefined);
  return settings.reports === undefined && server !== undefined ? { ...settings, server } : settings;
}

/** The command's own options, by a schema of what it reads. */
export function readOwn<T>(command: Command, schema: z.ZodType<T>): T {
  return schema.parse(command.opts());
}
