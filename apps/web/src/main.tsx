import { createRoot } from 'react-dom/client';

createRoot(document.querySelector('#app')!).render(<p>Roto</p>);
