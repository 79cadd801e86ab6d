/* Two versions beside each other: changes of texts by N and P; pictures and pages by side, wipe, overlay and difference
   (counted here, from what is shown); films and sounds in step. */
import { clock } from './viewer.js';

function texts(root) {
  const rows = [...root.querySelectorAll('[data-change]')];
  // rows of one change that follow each other are one stop
  const stops = rows.filter((row) => !row.previousElementSibling?.hasAttribute('data-change'));
  let at = -1;
  for (const button of root.querySelectorAll('[data-step]')) {
    button.addEventListener('click', () => {
      if (!stops.length) return;
      stops[at]?.classList.remove('is-here');
      at = (at + Number(button.dataset.step) + stops.length) % stops.length;
      stops[at].classList.add('is-here');
      stops[at].scrollIntoView({ block: 'center' });
    });
  }
}

class Pictures {
  constructor(root) {
    this.root = root;
    this.pairs = [...root.querySelectorAll('[data-pair]')];
    this.at = 0;
    this.mode = 'side';
    this.slider = root.querySelector('[data-slider]');
    this.range = this.slider.querySelector('input');
    this.said = root.querySelector('[data-difference-said]');
    for (const button of root.querySelectorAll('button[data-mode]')) button.addEventListener('click', () => this.set(button.dataset.mode));
    for (const button of root.querySelectorAll('[data-page-step]')) button.addEventListener('click', () => this.page(this.at + Number(button.dataset.pageStep)));
    this.range.addEventListener('input', () => this.slide());
    for (const pair of this.pairs) {
      pair.addEventListener('pointerdown', (event) => {
        if (this.mode !== 'wipe' || event.button !== 0) return;
        event.preventDefault();
        const move = (one) => {
          const box = pair.getBoundingClientRect();
          this.range.value = ((one.clientX - box.left) / box.width) * 100;
          this.slide();
        };
        const end = () => { removeEventListener('pointermove', move); removeEventListener('pointerup', end); };
        addEventListener('pointermove', move);
        addEventListener('pointerup', end);
        move(event);
      });
    }
    this.page(0);
  }

  get pair() { return this.pairs[this.at]; }

  page(at) {
    if (!this.pairs.length) return;
    this.at = Math.min(this.pairs.length - 1, Math.max(0, at));
    this.pairs.forEach((pair, one) => { pair.hidden = one !== this.at; });
    for (const image of this.pair.querySelectorAll('img')) image.loading = 'eager';
    const word = this.root.querySelector('[data-page-word]');
    if (word) word.textContent = `${this.at + 1} / ${this.pairs.length}`;
    this.set(this.mode);
  }

  set(mode) {
    this.mode = mode;
    for (const button of this.root.querySelectorAll('button[data-mode]')) button.setAttribute('aria-pressed', String(button.dataset.mode === mode));
    for (const pair of this.pairs) pair.dataset.mode = mode;
    this.slider.hidden = !['wipe', 'overlay'].includes(mode);
    this.pair?.querySelector('canvas')?.remove();
    this.said.textContent = '';
    this.slide();
    if (mode === 'difference') this.difference();
  }

  slide() {
    const newer = this.pair?.querySelectorAll('img')[1];
    if (!newer) return;
    const share = Number(this.range.value);
    newer.style.clipPath = this.mode === 'wipe' ? `inset(0 0 0 ${share}%)` : '';
    newer.style.opacity = this.mode === 'overlay' ? String(share / 100) : '';
    this.pair.classList.toggle('has-edge', this.mode === 'wipe');
    this.pair.style.setProperty('--edge-at', `${share}%`);
  }

  async difference() {
    const pair = this.pair;
    const images = [...pair.querySelectorAll('img')];
    if (images.length < 2) { this.said.textContent = 'Only one of them has this page.'; return; }
    await Promise.all(images.map((image) => image.decode().catch(() => {})));
    const scale = Math.min(1, 1600 / Math.max(...images.map((image) => Math.max(image.naturalWidth, image.naturalHeight))));
    const wide = Math.max(1, Math.round(Math.max(...images.map((image) => image.naturalWidth)) * scale));
    const high = Math.max(1, Math.round(Math.max(...images.map((image) => image.naturalHeight)) * scale));
    const [one, other] = images.map((image) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: wide, height: high });
      const pen = canvas.getContext('2d', { willReadFrequently: true });
      pen.drawImage(image, 0, 0, Math.round(image.naturalWidth * scale), Math.round(image.naturalHeight * scale));
      return pen.getImageData(0, 0, wide, high);
    });
    const canvas = Object.assign(document.createElement('canvas'), { width: wide, height: high });
    const pen = canvas.getContext('2d');
    const out = pen.createImageData(wide, high);
    let changed = 0;
    for (let at = 0; at < out.data.length; at += 4) {
      const far = Math.max(Math.abs(one.data[at] - other.data[at]), Math.abs(one.data[at + 1] - other.data[at + 1]), Math.abs(one.data[at + 2] - other.data[at + 2]), Math.abs(one.data[at + 3] - other.data[at + 3]));
      const grey = 235 - (other.data[at] + other.data[at + 1] + other.data[at + 2]) / 24;
      if (far > 12) {
        changed += 1;
        out.data[at] = 210; out.data[at + 1] = 40; out.data[at + 2] = 20;
      } else { out.data[at] = grey; out.data[at + 1] = grey; out.data[at + 2] = grey; }
      out.data[at + 3] = 255;
    }
    pen.putImageData(out, 0, 0);
    if (this.mode !== 'difference' || this.pair !== pair) return;
    pair.querySelector('canvas')?.remove();
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', 'What differs, in red');
    pair.append(canvas);
    const share = (changed / (wide * high)) * 100;
    this.said.textContent = changed ? `${share < 0.1 ? 'less than 0.1' : share.toFixed(1)}% of the picture differs.` : 'Every pixel is the same.';
  }
}

function players(root) {
  const [one, other] = root.querySelectorAll('video, audio');
  const hear = root.querySelector('[data-sync-hear]');
  const offset = root.querySelector('[data-sync-offset]');
  const said = root.querySelector('[data-sync-clock]');
  const later = () => Number(offset.value) || 0;
  const listen = () => { one.muted = hear.value !== '0'; other.muted = hear.value !== '1'; };
  hear.addEventListener('change', listen);
  listen();
  const follow = () => { other.currentTime = Math.max(0, one.currentTime + later()); };
  const tell = () => { said.textContent = clock(one.currentTime); };
  one.addEventListener('seeked', () => { if (Math.abs(other.currentTime - one.currentTime - later()) > 0.05) follow(); tell(); });
  one.addEventListener('timeupdate', () => {
    tell();
    if (!one.paused && !other.ended && Math.abs(other.currentTime - one.currentTime - later()) > 0.15) follow();
  });
  one.addEventListener('play', () => { follow(); other.play().catch(() => {}); });
  one.addEventListener('pause', () => other.pause());
  offset.addEventListener('change', follow);
  root.addEventListener('click', (event) => {
    const act = event.target.closest('[data-sync]')?.dataset.sync;
    if (act === 'play') { if (one.paused) one.play().catch(() => {}); else one.pause(); }
    if (act === 'back') one.currentTime = Math.max(0, one.currentTime - 5);
    if (act === 'on') one.currentTime += 5;
  });
}

export function setup(within = document) {
  for (const root of within.querySelectorAll('[data-compare]:not([data-ready])')) {
    root.dataset.ready = '';
    for (const each of root.querySelectorAll('[data-script-only]')) each.hidden = false;
    const kind = root.dataset.kind;
    if (kind === 'text') texts(root);
    if (kind === 'image' || kind === 'pdf') new Pictures(root);
    if (kind === 'video' || kind === 'audio') players(root);
  }
}

setup();
document.addEventListener('htmx:load', (event) => setup(event.target.parentElement ?? document));
