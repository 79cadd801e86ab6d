/* The viewer of a version: text, picture, pages, film, sound.

   <div data-viewer data-kind=… data-marks='[…]' data-place='{}'>
   dataset.place   JSON anchor of where the person is: the lines chosen, the region drawn, the page shown, the second or range.
                   {"line","end_line"} {"page"} {"region":[x,y,w,h] in shares of the picture} {"second","end_second"}, or several.
   it dispatches   viewer:placed {anchor, label}      the person chose another place (bubbles)
                   viewer:mark {id}                   the person clicked a mark (bubbles)
   it listens to   viewer:go {anchor}                 show that place
                   viewer:marks {marks: [{id, anchor, label, tone}]}     paint these and no others
   Words selected in a text stand in dataset.words too: {"first_line","first_column","last_line","last_column"} (columns in
   UTF-16 units from 0, the last one exclusive). */

const say = (words, ...values) => values.reduce((text, value) => text.replace('%', value), words);
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const shares = (value) => Math.round(value * 10000) / 10000;
export const clock = (seconds) => {
  const whole = Math.max(0, seconds);
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  const rest = (whole % 60).toFixed(2).padStart(5, '0').replace(/\.?0+$/, '') || '00';
  const tail = `${hours ? String(minutes % 60).padStart(2, '0') : minutes}:${rest.length < 2 ? `0${rest}` : rest}`;
  return hours ? `${hours}:${tail}` : tail;
};

class Viewer {
  constructor(root) {
    this.root = root;
    root.dataset.ready = '';
    for (const one of root.querySelectorAll('[data-script-only]')) one.hidden = false;
    root.addEventListener('viewer:go', (event) => this.go(event.detail.anchor ?? {}));
    root.addEventListener('viewer:marks', (event) => { this.marks = event.detail.marks ?? []; this.paint(); });
    root.addEventListener('click', (event) => {
      const mark = event.target.closest('[data-mark]');
      if (mark) { this.pressed(mark); return; }
      const button = event.target.closest('[data-do]');
      if (button) this.act(button.dataset.do, event);
    });
    this.marks = JSON.parse(root.dataset.marks || '[]');
  }

  pressed(mark) {
    const id = mark.dataset.mark;
    const found = this.marks.find((one) => String(one.id) === id);
    if (found) this.go(found.anchor ?? {});
    this.root.dispatchEvent(new CustomEvent('viewer:mark', { bubbles: true, detail: { id: found?.id ?? id } }));
  }

  placed(anchor, label) {
    this.root.dataset.place = JSON.stringify(anchor);
    this.root.dispatchEvent(new CustomEvent('viewer:placed', { bubbles: true, detail: { anchor, label } }));
    const said = this.root.querySelector('[data-said]');
    if (said) said.textContent = label;
  }

  markButton(mark) {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.mark = mark.id;
    button.className = `place-mark${mark.tone ? ` is-${mark.tone}` : ''}`;
    button.title = mark.label ?? '';
    button.setAttribute('aria-label', mark.label ?? '');
    return button;
  }

  act() {}

  paint() {}

  go() {}
}

/* --- Text: lines by their numbers (Shift for a range), by arrow keys, or by selecting words -------------------------- */

class Text extends Viewer {
  constructor(root) {
    super(root);
    this.list = root.querySelector('.lines');
    if (!this.list) return;
    this.word = root.querySelector('[data-place-word]');
    this.idle = this.word.textContent;
    this.from = 0;
    this.list.addEventListener('click', (event) => {
      const number = event.target.closest('li > a');
      if (!number) return;
      event.preventDefault();
      const line = this.lineOf(number);
      this.choose(event.shiftKey && this.from ? this.from : line, line);
    });
    this.list.addEventListener('keydown', (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by && !event.altKey && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        event.stopPropagation();
        const line = clamp((this.to || (by > 0 ? 0 : 2)) + by, 1, this.list.children.length);
        this.choose(event.shiftKey && this.from ? this.from : line, line);
        this.list.children[line - 1].scrollIntoView({ block: 'nearest' });
      } else if (event.key === 'Escape' && this.from) {
        event.stopPropagation();
        this.clear();
      }
    });
    document.addEventListener('selectionchange', () => this.selected());
    this.paint();
    const asked = /^#line-(\d+)$/.exec(location.hash);
    if (asked) this.choose(Number(asked[1]), Number(asked[1]));
  }

  lineOf(node) {
    const row = (node.nodeType === 1 ? node : node.parentElement)?.closest('.lines > li');
    return row && this.list.contains(row) ? Number(row.id.slice(5)) : 0;
  }

  column(node, offset) {
    const row = (node.nodeType === 1 ? node : node.parentElement)?.closest('.lines > li');
    const holder = row?.querySelector(':scope > span');
    if (!holder || !holder.contains(node)) return holder && holder.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING ? holder.textContent.length : 0;
    const range = document.createRange();
    range.setStart(holder, 0);
    range.setEnd(node, offset);
    return range.toString().length;
  }

  selected() {
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed || !selection.rangeCount) return;
    const range = selection.getRangeAt(0);
    const first = this.lineOf(range.startContainer);
    let last = this.lineOf(range.endContainer);
    if (!first || !last) return;
    let end = this.column(range.endContainer, range.endOffset);
    if (!end && last > first) { // a selection of whole lines ends at the beginning of the next
      last -= 1;
      end = this.list.children[last - 1].querySelector(':scope > span').textContent.length;
    }
    this.root.dataset.words = JSON.stringify({ first_line: first, first_column: this.column(range.startContainer, range.startOffset), last_line: last, last_column: end });
    this.choose(first, last, true);
  }

  choose(first, last, words = false) {
    const total = this.list.children.length;
    this.from = clamp(first, 1, total);
    this.to = clamp(last, 1, total);
    const low = Math.min(this.from, this.to);
    const high = Math.max(this.from, this.to);
    for (const row of this.list.querySelectorAll('.is-chosen')) row.classList.remove('is-chosen');
    for (let at = low; at <= high; at += 1) this.list.children[at - 1].classList.add('is-chosen');
    if (!words) delete this.root.dataset.words;
    const label = low === high ? say('Line %', low) : say('Lines % to %', low, high);
    this.word.textContent = label;
    this.root.querySelector('[data-do="clear"]').hidden = false;
    this.placed(low === high ? { line: low } : { line: low, end_line: high }, label);
  }

  clear() {
    for (const row of this.list.querySelectorAll('.is-chosen')) row.classList.remove('is-chosen');
    this.from = 0;
    this.to = 0;
    delete this.root.dataset.words;
    document.getSelection()?.removeAllRanges();
    this.word.textContent = this.idle;
    this.root.querySelector('[data-do="clear"]').hidden = true;
    this.placed({}, this.idle);
  }

  act(what) { if (what === 'clear') this.clear(); }

  paint() {
    if (!this.list) return;
    for (const one of this.list.querySelectorAll('.place-mark')) one.remove();
    for (const row of this.list.querySelectorAll('.is-marked')) row.classList.remove('is-marked');
    for (const mark of this.marks) {
      const first = mark.anchor?.line;
      const row = first && this.list.children[first - 1];
      if (!row) continue;
      for (let at = first; at <= (mark.anchor.end_line ?? first); at += 1) this.list.children[at - 1]?.classList.add('is-marked');
      row.append(this.markButton(mark));
    }
  }

  go(anchor) {
    if (!anchor.line || !this.list) return;
    this.choose(anchor.line, anchor.end_line ?? anchor.line);
    this.list.children[clamp(anchor.line, 1, this.list.children.length) - 1]?.scrollIntoView({ block: 'center' });
  }
}

/* --- A region of a picture, by mouse, finger and keys. Whoever extends it has stage, sheet, picture and told() ------- */

class Regions extends Viewer {
  watch() {
    this.region = null;
    this.drawing = false;
    this.stage.addEventListener('pointerdown', (event) => this.begin(event));
    this.stage.addEventListener('keydown', (event) => this.keys(event));
  }

  draw(on) {
    this.drawing = on;
    this.stage.classList.toggle('is-drawing', on);
    this.root.querySelector('[data-do="draw"]').setAttribute('aria-pressed', String(on));
  }

  /* Where a mouse draws at once (``freely``) a finger still scrolls; else both draw while the tool is on. */
  begin(event) {
    if (event.target.closest('[data-mark]') || !event.target.closest('[data-sheet]')) return;
    if (event.button !== 0 || !(this.drawing || (this.freely && event.pointerType === 'mouse'))) return;
    event.preventDefault();
    this.stage.focus({ preventScroll: true });
    const box = this.picture.getBoundingClientRect();
    const share = (one) => [clamp((one.clientX - box.left) / box.width, 0, 1), clamp((one.clientY - box.top) / box.height, 0, 1)];
    const start = share(event);
    let moved = false;
    const move = (one) => {
      const now = share(one);
      moved ||= Math.hypot(one.clientX - event.clientX, one.clientY - event.clientY) > 4;
      if (moved) this.put([Math.min(start[0], now[0]), Math.min(start[1], now[1]), Math.abs(start[0] - now[0]), Math.abs(start[1] - now[1])], false);
    };
    const end = () => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', end);
      removeEventListener('pointercancel', end);
      if (!moved) { this.region = null; this.frame(); }
      this.draw(false);
      this.told();
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', end);
    addEventListener('pointercancel', end);
  }

  put(region, focus) {
    const [x, y, w, h] = region;
    const wide = clamp(w, 0.002, 1);
    const high = clamp(h, 0.002, 1);
    this.region = [clamp(x, 0, 1 - wide), clamp(y, 0, 1 - high), wide, high];
    this.frame();
    if (focus) { this.box.focus(); this.told(); }
  }

  frame() {
    this.box?.remove();
    this.box = null;
    if (!this.region) return;
    this.box = document.createElement('div');
    this.box.className = 'region';
    this.box.tabIndex = 0;
    this.box.setAttribute('role', 'group');
    this.box.setAttribute('aria-label', say('Region: arrows move it, Shift and arrows change its size, Escape takes it away'));
    place(this.box, this.region);
    this.sheet.append(this.box);
  }

  keys(event) {
    if (event.target !== this.box || event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (by) {
      const [x, y, w, h] = this.region;
      const step = 0.01;
      this.put(event.shiftKey ? [x, y, w + by[0] * step, h + by[1] * step] : [x + by[0] * step, y + by[1] * step, w, h], true);
    } else if (event.key === 'Escape') {
      this.region = null;
      this.frame();
      this.draw(false);
      this.told();
      this.stage.focus({ preventScroll: true });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  drawn() {
    this.draw(!this.drawing);
    if (this.drawing && !this.region) this.put([0.375, 0.375, 0.25, 0.25], true); // a start for the keys; a finger draws over it
  }
}

/* --- Pictures and pages: size, regions ---------------------------------------------------------------------------------- */

class Sheets extends Regions {
  constructor(root) {
    super(root);
    this.stage = root.querySelector('[data-stage]');
    if (!this.stage) return;
    this.sheets = [...root.querySelectorAll('[data-sheet]')];
    this.at = 0;
    this.scale = 0; // 0: fit
    this.freely = true;
    this.watch();
    this.field = root.querySelector('[data-page-number]');
    this.field?.addEventListener('change', () => this.show(Number(this.field.value) - 1));
    this.stage.addEventListener('wheel', (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
    }, { passive: false });
    this.show(0, true);
    this.paint();
    const asked = /^#page-(\d+)$/.exec(location.hash);
    if (asked) this.show(Number(asked[1]) - 1);
    new ResizeObserver(() => this.size()).observe(this.stage);
  }

  get sheet() { return this.sheets[this.at]; }

  get picture() { return this.sheet.querySelector('img'); }

  show(at, silent = false) {
    this.at = clamp(Number.isFinite(at) ? at : 0, 0, this.sheets.length - 1);
    this.sheets.forEach((sheet, one) => { sheet.hidden = one !== this.at; });
    this.picture.loading = 'eager';
    if (this.field) this.field.value = this.at + 1;
    this.region = null;
    this.size();
    this.frame();
    if (!silent || this.field) this.told(silent);
  }

  told(silent = false) {
    const anchor = {};
    const words = [];
    if (this.field) { anchor.page = this.at + 1; words.push(say('Page %', this.at + 1)); }
    if (this.region) { anchor.region = this.region.map(shares); words.push(say('a region of it')); }
    this.root.querySelector('[data-do="clear"]').hidden = !this.region;
    if (silent) this.root.dataset.place = JSON.stringify(anchor);
    else this.placed(anchor, words.join(', ') || say('the whole picture'));
  }

  size() {
    const wide = Number(this.picture.getAttribute('width'));
    const high = Number(this.picture.getAttribute('height'));
    const room = this.stage.clientWidth - 2;
    const fit = Math.min(1, room / wide, Math.max(280, innerHeight * 0.72) / high);
    const scale = this.scale || fit;
    this.picture.style.width = `${Math.max(1, Math.round(wide * scale))}px`;
    this.picture.style.height = `${Math.max(1, Math.round(high * scale))}px`;
    const word = this.root.querySelector('[data-zoom]');
    word.dataset.idle ??= word.textContent;
    word.textContent = this.scale ? `${Math.round(scale * 100)} %` : word.dataset.idle;
    this.shown = scale;
  }

  zoom(by) {
    const before = this.shown;
    const middle = [this.stage.scrollLeft + this.stage.clientWidth / 2, this.stage.scrollTop + this.stage.clientHeight / 2];
    this.scale = clamp(before * by, 0.05, 8);
    this.size();
    const ratio = this.shown / before;
    this.stage.scrollTo(middle[0] * ratio - this.stage.clientWidth / 2, middle[1] * ratio - this.stage.clientHeight / 2);
  }

  act(what) {
    if (what === 'larger') this.zoom(1.25);
    if (what === 'smaller') this.zoom(0.8);
    if (what === 'fit') { this.scale = 0; this.size(); }
    if (what === 'page-back') this.show(this.at - 1);
    if (what === 'page-on') this.show(this.at + 1);
    if (what === 'clear') { this.region = null; this.frame(); this.told(); }
    if (what === 'draw') this.drawn();
  }

  /* The middle button, or Alt: drag the picture about. */
  begin(event) {
    const drags = event.button === 1 || (event.button === 0 && event.altKey);
    if (drags && event.target.closest('[data-sheet]')) this.drag(event);
    else super.begin(event);
  }

  drag(event) {
    event.preventDefault();
    const from = [event.clientX + this.stage.scrollLeft, event.clientY + this.stage.scrollTop];
    const move = (one) => this.stage.scrollTo(from[0] - one.clientX, from[1] - one.clientY);
    const end = () => { removeEventListener('pointermove', move); removeEventListener('pointerup', end); };
    addEventListener('pointermove', move);
    addEventListener('pointerup', end);
  }

  paint() {
    if (!this.stage) return;
    for (const one of this.stage.querySelectorAll('.place-mark')) one.remove();
    for (const mark of this.marks) {
      const sheet = this.sheets[this.field ? (mark.anchor?.page ?? 1) - 1 : 0];
      if (!sheet || !(mark.anchor?.region || mark.anchor?.page)) continue;
      const button = this.markButton(mark);
      if (mark.anchor.region) { button.classList.add('is-box'); place(button, mark.anchor.region); }
      sheet.append(button);
    }
  }

  go(anchor) {
    if (!this.stage) return;
    if (anchor.page && this.field) this.show(anchor.page - 1);
    this.region = Array.isArray(anchor.region) ? anchor.region : null;
    this.frame();
    this.told();
    this.box?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
}

function place(element, [x, y, w, h]) {
  element.style.left = `${x * 100}%`;
  element.style.top = `${y * 100}%`;
  element.style.width = `${w * 100}%`;
  element.style.height = `${h * 100}%`;
}

/* --- Film and sound: a timeline with the wave, a range that can repeat, a region of what is shown ---------------------- */

class Player extends Regions {
  constructor(root) {
    super(root);
    this.media = root.querySelector('video, audio');
    if (!this.media) return;
    this.media.controls = false;
    this.track = root.querySelector('[data-track]');
    this.canvas = root.querySelector('[data-wave]');
    this.rate = 25;
    this.peaks = [];
    this.start = null;
    this.stop = null;
    this.looping = false;
    this.button = (name) => root.querySelector(`[data-do="${name}"]`);
    for (const name of ['timeupdate', 'loadedmetadata', 'seeked', 'durationchange']) this.media.addEventListener(name, () => this.tell(name !== 'timeupdate' || this.media.paused));
    for (const name of ['play', 'pause', 'ended']) this.media.addEventListener(name, () => this.playing());
    this.sheet = root.querySelector('[data-sheet]');
    if (this.sheet) {
      this.stage = root.querySelector('[data-stage]');
      this.picture = this.media;
      this.watch();
      this.media.addEventListener('loadedmetadata', () => this.shape());
      this.media.addEventListener('click', () => { if (!this.busy) this.act('play'); });
      this.shape();
    }
    this.track.addEventListener('pointerdown', (event) => this.scrub(event));
    this.track.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10 }[event.key];
      const to = { Home: 0, End: this.length }[event.key];
      if (by === undefined && to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.seek(to ?? this.media.currentTime + by);
    });
    if (root.dataset.waveform) this.listen(root.dataset.waveform);
    new ResizeObserver(() => this.wave()).observe(this.track);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.wave());
    this.paint();
    this.tell(true);
  }

  get length() {
    const own = this.media.duration;
    return Number.isFinite(own) && own > 0 ? own : Number(this.root.dataset.duration || 0) / 1000;
  }

  /* The box of the film is the picture's, without bars beside it, so that shares of it are shares of the picture. */
  shape() {
    if (this.media.videoWidth) this.sheet.style.setProperty('--ratio', this.media.videoWidth / this.media.videoHeight);
  }

  begin(event) {
    if (!this.drawing) return;
    this.busy = true; // the click that ends the drawing plays nothing
    super.begin(event);
    for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => setTimeout(() => { this.busy = false; }), { once: true });
  }

  told() { this.tell(true); }

  unframe() {
    if (!this.region) return;
    this.region = null;
    this.frame();
  }

  async listen(url) {
    try {
      const answer = await fetch(url);
      const data = answer.ok ? await answer.json() : {};
      this.peaks = data.peaks ?? [];
      if (data.frame_rate > 0) this.rate = data.frame_rate;
    } catch { this.peaks = []; }
    this.wave();
  }

  seek(second) {
    this.media.currentTime = clamp(second, 0, this.length || 0);
    this.tell(true);
  }

  scrub(event) {
    if (event.button !== 0 || event.target.closest('[data-mark]')) return;
    event.preventDefault();
    this.track.focus({ preventScroll: true });
    const box = this.track.getBoundingClientRect();
    const at = (one) => clamp((one.clientX - box.left) / box.width, 0, 1) * this.length;
    const from = at(event);
    this.seek(from);
    const move = (one) => {
      const to = at(one);
      if (event.shiftKey) { this.start = Math.min(from, to); this.stop = Math.max(from, to); this.ranged(); } else this.seek(to);
    };
    const end = () => { removeEventListener('pointermove', move); removeEventListener('pointerup', end); removeEventListener('pointercancel', end); };
    addEventListener('pointermove', move);
    addEventListener('pointerup', end);
    addEventListener('pointercancel', end);
  }

  act(what) {
    const now = this.media.currentTime;
    if (what === 'play') { if (this.media.paused) this.media.play().catch(() => {}); else this.media.pause(); }
    if (what === 'back') this.seek(now - 5);
    if (what === 'on') this.seek(now + 5);
    if (what === 'frame-back' || what === 'frame-on') {
      this.media.pause();
      this.seek(now + (what === 'frame-on' ? 1 : -1) / this.rate);
    }
    if (what === 'in') { this.start = now; if (this.stop !== null && this.stop <= now) this.stop = null; this.ranged(); }
    if (what === 'out') { this.stop = now; if (this.start === null || this.start >= now) this.start = 0; this.ranged(); }
    if (what === 'clear') { this.start = null; this.stop = null; this.loop(false); this.unframe(); this.ranged(); }
    if (what === 'draw') { this.media.pause(); this.drawn(); }
    if (what === 'loop') this.loop(!this.looping);
    if (what === 'mute') {
      this.media.muted = !this.media.muted;
      this.button('mute').setAttribute('aria-pressed', String(this.media.muted));
    }
  }

  loop(on) {
    this.looping = on;
    this.button('loop').setAttribute('aria-pressed', String(on));
    if (on && this.start !== null && this.media.currentTime < this.start) this.seek(this.start);
  }

  playing() {
    const paused = this.media.paused;
    this.button('play').classList.toggle('is-on', !paused);
    this.button('play').setAttribute('aria-pressed', String(!paused));
    if (!paused) this.unframe(); // a region is of the frame that stands still
    const watch = () => {
      if (this.media.paused) return;
      const end = this.stop ?? this.length;
      if (this.looping && this.media.currentTime >= end - 0.02) this.media.currentTime = this.start ?? 0;
      this.head();
      requestAnimationFrame(watch);
    };
    if (!paused) requestAnimationFrame(watch);
    this.tell(true);
  }

  ranged() {
    const range = this.root.querySelector('[data-range]');
    range.hidden = this.start === null;
    if (this.start !== null && this.length) {
      range.style.left = `${(this.start / this.length) * 100}%`;
      range.style.width = `${(((this.stop ?? this.start) - this.start) / this.length) * 100}%`;
    }
    this.tell(true);
  }

  head() {
    const now = this.media.currentTime;
    this.root.querySelector('[data-head]').style.left = `${this.length ? clamp(now / this.length, 0, 1) * 100 : 0}%`;
    this.root.querySelector('[data-clock]').textContent = `${clock(now)} / ${clock(this.length)}`;
  }

  tell(aloud) {
    const now = this.media.currentTime;
    this.head();
    this.track.setAttribute('aria-valuemax', this.length.toFixed(2));
    this.track.setAttribute('aria-valuenow', now.toFixed(2));
    this.track.setAttribute('aria-valuetext', clock(now));
    const third = (value) => Math.round(value * 1000) / 1000;
    const anchor = { second: third(this.start ?? now) };
    if (this.start !== null && this.stop !== null) anchor.end_second = third(this.stop);
    if (this.region) anchor.region = this.region.map(shares);
    this.button('clear').hidden = this.start === null && !this.region;
    if (this.sheet) this.boxes();
    if (!aloud) { this.root.dataset.place = JSON.stringify(anchor); return; }
    const when = 'end_second' in anchor ? say('% to %', clock(anchor.second), clock(anchor.end_second)) : clock(anchor.second);
    this.placed(anchor, this.region ? `${when}, ${say('a region of it')}` : when);
  }

  /* Regions that notes mark in what is shown now. */
  boxes() {
    for (const one of this.sheet.querySelectorAll('.place-mark')) one.remove();
    const now = this.media.currentTime;
    for (const mark of this.media.paused ? this.marks : []) {
      const { region, second, end_second: end } = mark.anchor ?? {};
      if (!region || now < second - 0.5 / this.rate || now > (end ?? second) + 0.5 / this.rate) continue;
      const button = this.markButton(mark);
      button.classList.add('is-box');
      place(button, region);
      this.sheet.append(button);
    }
  }

  wave() {
    const wide = this.track.clientWidth;
    const high = 56;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.max(1, wide * ratio);
    this.canvas.height = high * ratio;
    const pen = this.canvas.getContext('2d');
    pen.scale(ratio, ratio);
    pen.fillStyle = getComputedStyle(this.track).color;
    const bars = Math.floor(wide / 3);
    for (let at = 0; at < bars; at += 1) {
      const first = Math.floor((at / bars) * this.peaks.length);
      const last = Math.max(first + 1, Math.floor(((at + 1) / bars) * this.peaks.length));
      const tall = Math.max(1, Math.max(0, ...this.peaks.slice(first, last)) * (high - 8));
      pen.fillRect(at * 3, (high - tall) / 2, 2, tall);
    }
    this.paint();
    if (this.start !== null) this.ranged();
  }

  paint() {
    if (!this.track) return;
    const holder = this.root.querySelector('[data-track-marks]'); // beside the slider: a slider holds no buttons
    holder.replaceChildren();
    for (const mark of this.marks) {
      const second = mark.anchor?.second;
      if (second === undefined || !this.length) continue;
      const button = this.markButton(mark);
      button.style.left = `${clamp(second / this.length, 0, 1) * 100}%`;
      if (mark.anchor.end_second > second) button.style.width = `${((mark.anchor.end_second - second) / this.length) * 100}%`;
      holder.append(button);
    }
  }

  go(anchor) {
    if (anchor.second === undefined) return;
    this.start = anchor.end_second === undefined ? null : anchor.second;
    this.stop = anchor.end_second ?? null;
    this.media.pause();
    if (this.sheet) { this.region = anchor.region ?? null; this.frame(); }
    this.seek(anchor.second);
    this.ranged();
  }
}

const KINDS = { text: Text, image: Sheets, pdf: Sheets, video: Player, audio: Player };

export function setup(within = document) {
  for (const root of within.querySelectorAll('[data-viewer]:not([data-ready])')) new (KINDS[root.dataset.kind] ?? Viewer)(root);
}

setup();
document.addEventListener('htmx:load', (event) => setup(event.target.parentElement ?? document));
