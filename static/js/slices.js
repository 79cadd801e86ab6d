/* Uploads in slices: what is too large for one request, or is cut off, goes on where it stopped.
   <form data-slices="/api/v1/uploads/" data-item=KEY or data-asset=ID>. Small files go by the form itself. An unfinished
   upload is remembered in this browser; choosing the same file again goes on with it. */
import { csrfToken } from './toast.js';

const SLICE = 8 * 1024 * 1024;
const HASHED = 64 * 1024 * 1024; // beyond that, hashing before sending takes longer than it saves
const WAITS = [1, 2, 5, 10, 20, 30, 60]; // seconds

const size = (bytes) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`);

class Gone extends Error {}

class Sender {
  constructor(form) {
    this.form = form;
    this.box = form.querySelector('[data-slices-box]');
    this.said = form.querySelector('[data-slices-said]');
    this.bar = form.querySelector('[data-slices-bar]');
    this.pauseButton = form.querySelector('[data-slices-pause]');
    this.file = form.querySelector('input[type="file"]');
    form.addEventListener('submit', (event) => {
      const chosen = this.file.files[0];
      if (!chosen || chosen.size <= SLICE) return;
      event.preventDefault();
      if (!this.running) this.run(chosen);
    });
    this.file.addEventListener('change', () => this.remembered());
    this.pauseButton.addEventListener('click', () => this.pause());
    form.querySelector('[data-slices-stop]').addEventListener('click', () => this.stop());
  }

  key(file) {
    return `ballast.upload ${this.form.dataset.item ?? ''}${this.form.dataset.asset ?? ''} ${file.name} ${file.size} ${file.lastModified}`;
  }

  remembered() {
    const chosen = this.file.files[0];
    if (!chosen || !localStorage.getItem(this.key(chosen))) return;
    const before = JSON.parse(localStorage.getItem(this.key(chosen)));
    this.box.hidden = false;
    this.tell('A part of this file has arrived already. Upload goes on where it stopped.');
    const reason = this.form.elements.rationale;
    if (!reason.value) reason.value = before.rationale;
  }

  tell(text, share) {
    this.said.textContent = text;
    if (share !== undefined) this.bar.value = share;
  }

  async ask(method, url, body, type) {
    const headers = { 'X-CSRFToken': csrfToken(), Accept: 'application/json' };
    if (type) headers['Content-Type'] = type;
    const answer = await fetch(url, { method, headers, body, signal: this.abort.signal });
    const data = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (answer.ok) return data;
    if (answer.status >= 500 && answer.status !== 507) throw new TypeError('the server stumbled');
    const refusal = new Gone(data.detail ?? 'This did not work. Nothing was saved.');
    refusal.data = data;
    refusal.status = answer.status;
    throw refusal;
  }

  async begin(file) {
    const held = JSON.parse(localStorage.getItem(this.key(file)) ?? 'null');
    if (held) {
      try {
        const found = await this.ask('GET', held.url);
        if (found.state === 'open') return { url: held.url, offset: found.offset };
      } catch (error) { if (!(error instanceof Gone)) throw error; }
      localStorage.removeItem(this.key(file));
    }
    const body = { file_name: file.name, size: file.size, rationale: this.form.elements.rationale.value };
    if (this.form.dataset.asset) body.asset = Number(this.form.dataset.asset); else body.item = this.form.dataset.item;
    if (this.form.elements.name?.value) body.name = this.form.elements.name.value;
    if (this.form.elements.increment?.value) body.increment = Number(this.form.elements.increment.value);
    if (file.size <= HASHED && crypto.subtle) {
      this.tell('Looking whether it is here already…');
      const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
      body.sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    }
    const made = await this.ask('POST', this.form.dataset.slices, JSON.stringify(body), 'application/json');
    const twin = made.same_bytes[0];
    this.note = twin ? ` The same bytes are version ${twin.number} of “${twin.name}”.` : '';
    const url = `${this.form.dataset.slices}${made.id}/`;
    localStorage.setItem(this.key(file), JSON.stringify({ url, rationale: body.rationale }));
    return { url, offset: made.offset };
  }

  async run(file) {
    this.running = true;
    this.paused = false;
    this.abort = new AbortController();
    this.box.hidden = false;
    this.note = '';
    this.pauseButton.textContent = 'Pause';
    let failures = 0;
    let at = null;
    try {
      while (true) {
        try {
          at ??= await this.begin(file);
          this.url = at.url;
          if (at.offset >= file.size) break;
          this.tell(`${size(at.offset)} of ${size(file.size)} have arrived.${this.note}`, at.offset / file.size);
          const slice = file.slice(at.offset, at.offset + SLICE);
          const answer = await this.ask('PATCH', `${at.url}?offset=${at.offset}`, slice, 'application/octet-stream');
          at.offset = answer.offset;
          failures = 0;
        } catch (error) {
          if (this.paused) return;
          if (error instanceof Gone && error.data.code === 'wrong_offset') { at.offset = error.data.offset; continue; }
          if (error instanceof Gone && !['upload_busy', 'no_room'].includes(error.data.code)) throw error;
          const wait = WAITS[Math.min(failures, WAITS.length - 1)];
          failures += 1;
          this.tell(`${error instanceof Gone ? error.message : 'The connection is gone.'} Trying again in ${wait} s; nothing was lost.`);
          await new Promise((done) => { this.wake = done; setTimeout(done, wait * 1000); });
          if (this.paused) return;
          if (at) { const now = await this.ask('GET', at.url).catch(() => null); if (now) at.offset = now.offset; }
        }
      }
      this.tell('All of it has arrived. It is looked at and stored…', 1);
      const done = await this.ask('POST', `${at.url}complete/`);
      localStorage.removeItem(this.key(file));
      location.assign(done.page);
    } catch (error) {
      if (error instanceof Gone && error.data.code !== 'incomplete') localStorage.removeItem(this.key(file));
      this.tell(error instanceof Gone ? error.message : 'This did not work. Choose the file again to go on.');
    } finally {
      this.running = false;
    }
  }

  pause() {
    const chosen = this.file.files[0];
    if (this.running) {
      this.paused = true;
      this.abort.abort();
      this.wake?.();
      this.pauseButton.textContent = 'Go on';
      this.tell('Paused. What has arrived is kept for three days.');
    } else if (chosen) this.run(chosen);
  }

  async stop() {
    const chosen = this.file.files[0];
    this.paused = true;
    this.abort?.abort();
    this.wake?.();
    this.abort = new AbortController();
    if (this.url) await this.ask('DELETE', this.url).catch(() => {});
    if (chosen) localStorage.removeItem(this.key(chosen));
    this.box.hidden = true;
  }
}

for (const form of document.querySelectorAll('form[data-slices]')) new Sender(form);
