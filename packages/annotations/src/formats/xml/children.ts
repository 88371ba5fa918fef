import type { XmlElement } from './read.ts';

export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name);
}

/** Text of a child, without white space around it; empty where there is none. */
export function textOf(element: XmlElement, name: string): string {
  return childOf(element, name)?.text.trim() ?? '';
}

/** Number in the text of a child; undefined where it is none. */
export function numberOf(element: XmlElement, name: string): number | undefined {
  const text = textOf(element, name);
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
