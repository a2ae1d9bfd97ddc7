/** An exact amount with the notation it came in. */
export interface Quantity {
  /** Billionths: the smallest step that Kubernetes keeps. */
  readonly nano: bigint;
  readonly format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

export function parseQuantity(_text: string | number): Quantity | undefined {
  throw new Error('parseQuantity is being written');
}

export function compareQuantities(_a: Quantity, _b: Quantity): -1 | 0 | 1 {
  throw new Error('compareQuantities is being written');
}

export function addQuantities(_a: Quantity, _b: Quantity): Quantity {
  throw new Error('addQuantities is being written');
}

/** How much of `hard` is used, from 0 to 1. */
export function quantityRatio(_used: Quantity, _hard: Quantity): number {
  throw new Error('quantityRatio is being written');
}

export function formatQuantity(_quantity: Quantity): string {
  throw new Error('formatQuantity is being written');
}
