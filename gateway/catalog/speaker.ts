/** Which of the full forms that have an id may speak for what a report says. */
import { homeNamespace } from '../../crds/constraint.ts';
import { handleOf, type InheritedEntry } from '../../crds/report-line.ts';
import type { FormOutline, StoredForm } from './detail.ts';

/** A form that can be read, with what tells whether it may speak for a constraint. */
export interface ReadableForm {
  readonly stored: StoredForm;
  readonly outline: FormOutline;
}

export type MaySpeak = (form: ReadableForm) => boolean;

/** Only what is stored in a namespace itself speaks for its own policies: others could name the same id. */
export function isStoredIn(home: string | undefined): MaySpeak {
  return ({ stored }) => stored.home === home;
}

/** Whether it is the form of a policy that lives in the namespace where the form is stored. */
export function isAtHome({ stored, outline }: ReadableForm): boolean {
  return stored.home !== undefined && homeNamespace(outline.source) === stored.home;
}

/**
 * A line names a cluster-wide policy, and then only what is stored cluster-wide speaks for it; or it has a handle, and
 * then the policy lives in a namespace, and only that namespace speaks for it.
 */
export function speaksFor(entry: InheritedEntry): MaySpeak {
  const isHandle = entry.name === handleOf(entry.id);
  return (form) => {
    if (form.outline.source.kind !== entry.kind) return false;
    return isHandle ? isAtHome(form) : form.stored.home === undefined && form.outline.name === entry.name;
  };
}
