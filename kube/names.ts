/**
 * Names as Kubernetes validates them, character by character: no pattern that could backtrack on hostile input.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/release-1.34/staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go
 */

/** Whether `text` is an RFC 1123 label, the name of a namespace: 1 to 63 of [a-z0-9-], no dash at either end. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && isLabelOfAnyLength(text);
}

/**
 * Whether `text` is an RFC 1123 subdomain, the name of most objects: parts joined by dots, at most 253 characters.
 * Kubernetes bounds the whole only (IsDNS1123Subdomain): one part may be longer than a label.
 */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && text.split('.').every(isLabelOfAnyLength);
}

/**
 * Whether `text` can be the kind of an object: 1 to 63 letters, digits and dashes, a letter first. So Kubernetes wants it of those
 * that a CustomResourceDefinition defines, once it is in lower case.
 */
export function isKind(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9-]{0,62}$/.test(text);
}

function isLabelOfAnyLength(text: string): boolean {
  if (text.length === 0) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const alphanumeric = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
    const innerDash = code === 0x2d && index > 0 && index < text.length - 1;
    if (!alphanumeric && !innerDash) return false;
  }
  return true;
}
