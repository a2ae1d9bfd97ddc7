/** metav1.LabelSelector. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?:
    | readonly {
        readonly key: string;
        readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
        readonly values?: readonly string[] | undefined;
      }[]
    | undefined;
}

export function matchesLabels(_selector: LabelSelector, _labels: Readonly<Record<string, string>>): boolean {
  throw new Error('matchesLabels is being written');
}

export function labelSelectorText(_selector: LabelSelector): string {
  throw new Error('labelSelectorText is being written');
}
