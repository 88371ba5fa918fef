export const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32">
<rect width="32" height="32" rx="8" fill="#0b6e5f"/>
<path d="M9 21.5C6.5 16 9.5 9.5 15.5 9c5.5-.5 9 4 8 8.5-.9 4-4.5 5.700-7.5 5.300-2.600-.4-4-.3-7-1.300z" fill="none" stroke="#fff" stroke-width="2" stroke-dasharray="3.2 2.4" stroke-linecap="round"/>
<circle cx="15.5" cy="9" r="2.3" fill="#fff"/>
</svg>
`;
