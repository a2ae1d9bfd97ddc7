import * as z from 'zod';

/** How much of one resource there is in one flavor. */
export const CapacityAmount = z.object({
  resource: z.string(),
  nominal: z.string().describe('A quantity: what is its own.'),
  borrow: z
    .string()
    .optional()
    .describe('How much more it may take of what others of its cohort do not use. Absent: all of it.'),
  lend: z
    .string()
    .optional()
    .describe('How much of its own the others may take while it is unused. Absent: all of it.'),
});
export type CapacityAmount = z.infer<typeof CapacityAmount>;

/** Resources that are handed out together, of the first flavor that has enough of them. */
export const CapacityGroup = z.object({
  resources: z.array(z.string()),
  flavors: z.array(z.object({ name: z.string(), amounts: z.array(CapacityAmount) })),
});
export type CapacityGroup = z.infer<typeof CapacityGroup>;

/** One of the circles in which unused capacity is shared, the innermost first. */
export const CapacityCohort = z.object({
  name: z.string(),
  groups: z.array(CapacityGroup).optional().describe('What the cohort holds itself, beside that of its members.'),
  unread: z.array(z.string()).optional().describe('JSON pointers of parts that are not understood.'),
});
export type CapacityCohort = z.infer<typeof CapacityCohort>;

/**
 * How much workloads of several namespaces may run at a time. Nothing is refused when it is written: a workload waits until
 * there is room, for ever if it asks for more than there ever is or for a resource of no group.
 *
 * @see https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/
 */
export const CapacityRule = z.object({
  form: z.literal('capacity'),
  queues: z
    .array(z.object({ namespace: z.string(), name: z.string(), stopped: z.literal(true).optional() }))
    .describe('Where workloads come in: each names one of its own namespace. What comes by a stopped one waits.'),
  groups: z.array(CapacityGroup),
  cohorts: z.array(CapacityCohort).describe('From the innermost to the root. Empty: nothing is shared.'),
  cohortsAbove: z.literal(true).optional().describe('The cohorts go on above the last one; it is not known how.'),
  blocked: z
    .enum(['stopped', 'notAdmitted', 'missing'])
    .optional()
    .describe('Why nothing starts at all: it is stopped, it does not take this namespace, or it is not there.'),
  drains: z.literal(true).optional().describe('What runs is stopped, too.'),
  strategy: z
    .enum(['StrictFIFO', 'BestEffortFIFO'])
    .optional()
    .describe('Whether one that does not fit keeps back those behind it. Absent: BestEffortFIFO, it does not.'),
  preemption: z
    .object({
      withinQueue: z.enum(['Never', 'LowerPriority', 'LowerOrNewerEqualPriority']),
      reclaim: z.enum(['Never', 'LowerPriority', 'Any']).describe('Of others in the cohort that have borrowed.'),
      whileBorrowing: z.enum(['Never', 'LowerPriority']),
      whileBorrowingMaxPriority: z.int().optional().describe('Only those up to this priority.'),
    })
    .optional()
    .describe('Whom a workload that does not fit may push out. Absent: nobody.'),
  fungibility: z
    .object({
      whenCanBorrow: z.string(),
      whenCanPreempt: z.string(),
      preference: z.string().optional(),
    })
    .optional()
    .describe('When the next flavor is tried, in the words of the engine.'),
  checks: z
    .array(z.object({ name: z.string(), flavors: z.array(z.string()).optional() }))
    .optional()
    .describe('What else must consent before a workload starts; with flavors only to those.'),
  weight: z.string().optional().describe('Its share when what is unused is handed out fairly. Absent: 1.'),
  admission: z.unknown().optional().describe('How workloads are ordered and move between flavors, as it is written.'),
  unread: z
    .array(z.string())
    .optional()
    .describe('JSON pointers of parts that are not understood: less or more may start than stands here.'),
});
export type CapacityRule = z.infer<typeof CapacityRule>;
