/** Whether `text` is an RFC 1123 label as Kubernetes wants it for namespaces and services: 1-63 of [a-z0-9-], no dash at an end. */
export function isDnsLabel(text: string): boolean {
  if (text.length === 0 || text.length > 63) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const alphanumeric = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
    const inner = index > 0 && index < text.length - 1;
    if (!alphanumeric && !(code === 0x2d && inner)) return false;
  }
  return true;
}

/** Whether `text` is an RFC 1123 subdomain, the name of most objects: labels joined by dots, at most 253 characters. */
export function isDnsSubdomain(text: string): boolean {
  // Kubernetes bounds the whole only: a part of a subdomain may be longer than 63
  // (IsDNS1123Subdomain, k8s.io/apimachinery/pkg/util/validation).
  if (text.length === 0 || text.length > 253) return false;
  return text.split('.').every(isSubdomainPart);
}

function isSubdomainPart(part: string): boolean {
  if (part.length === 0) return false;
  for (let start = 0; start < part.length; start += 1) {
    const code = part.charCodeAt(start);
    const alphanumeric = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
    if (!alphanumeric && !(code === 0x2d && start > 0 && start < part.length - 1)) return false;
  }
  return true;
}
