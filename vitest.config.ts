import { defineConfig } from 'vitest/config';
import { LongestFirst } from './e2e/longest-first.ts';

/**
 * Against hanging, and no measure of speed: whatever is waited for comes in the end, on a machine that others share, too. No test
 * takes more than a tenth of this on two cores.
 */
const patience = { testTimeout: 600_000, hookTimeout: 600_000, expect: { poll: { timeout: 120_000 } } } as const;

/**
 * Four groups, in this order: `check` holds promises about the source tree; `unit` needs nothing but this package;
 * `e2e` runs against a real control plane; `evidence` reads what the control planes of `e2e` wrote into their audit logs.
 */
export default defineConfig({
  test: {
    reporters: ['default', './e2e/counts-reporter.ts'],
    globalSetup: ['./e2e/tests/run-folder.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{crds,kube,operator,gateway,e2e}/**/*.test.ts'],
          exclude: ['e2e/tests/**', 'e2e/check/**', '**/node_modules/**'],
          ...patience,
          // Not one less than there are cores: nobody waits at a screen.
          maxWorkers: '100%',
          // Modules are loaded once a worker: to load them for each file took as long as the tests. None has state of its own.
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: { name: 'check', include: ['e2e/check/**/*.test.ts'], ...patience, sequence: { groupOrder: 0 } },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/tests/*.test.ts'],
          // They wait more than they work: for Leases that run out, caches, namespaces that go.
          maxWorkers: 3,
          // As in `unit`: to load the modules for each file took a seventh of all the work.
          isolate: false,
          // Control planes live for a minute: a quarter of what their start costs is to collect garbage that would do no harm.
          env: { GOGC: '400' },
          ...patience,
          // The first one builds the control plane, where that was not done before.
          hookTimeout: 900_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'evidence',
          include: ['e2e/tests/evidence/*.test.ts'],
          ...patience,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
