import { expect, test } from 'vitest';
import { svgProblem } from './skeleton-svg.ts';

test.each([
  '<circle r="1.5" cx="48" cy="32" data-type="element node" data-element-id="1" data-node-id="1" data-label-name="1"></circle>',
  '<line x1="36" y1="79" x2="49" y2="23" stroke="black" data-type="edge" data-node-from="2" stroke-width="0.5" data-node-to="3"></line><circle r="1.5" stroke="black" fill="#b3b3b3" cx="48" cy="23" stroke-width="0.1" data-type="element node" data-element-id="1" data-node-id="1" data-label-id="103"></circle>',
  '<line x1="1" y1="1" x2="2" y2="2"/>\n <text x="1" y="2" class="label">a &amp; b</text>',
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><g><circle cx="1" cy="1" r="1"/></g></svg>',
  '',
])('taken: %s', (svg) => {
  expect(svgProblem(svg)).toBeUndefined();
});

test.each<[string, RegExp]>([
  ['<script>alert(1)</script>', /<script>/],
  ['<circle r="1" onload="x()"/>', /"onload"/],
  ['<circle r="1" ONLOAD="x()"/>', /"ONLOAD"/],
  ['<image href="http://a/b.png"/>', /<image>/],
  ['<use xlink:href="#a"/>', /<use>/],
  ['<circle r="1" style="background:url(x)"/>', /"style"/],
  ['<circle r="1" fill="url(http://a/b#c)"/>', /value of "fill"/],
  ['<circle r="1" data-x="javascript:x"/>', /value of "data-x"/],
  ['<foreignObject><b/></foreignObject>', /<foreignObject>/],
  ['<!DOCTYPE a [<!ENTITY b "c">]><circle r="1"/>', /document type|well-formed/],
  ['<!-- --><circle r="1"/>', /comment/],
  ['<text><![CDATA[<script>]]></text>', /CDATA/],
  ['<circle r="1">', /well-formed/],
  ['<circle r=1/>', /well-formed/],
  ['<svg xmlns="http://other"/>', /"xmlns"/],
  ['<animate attributeName="href"/>', /<animate>/],
])('refused: %s', (svg, message) => {
  expect(svgProblem(svg)).toMatch(message);
});
