// A small picture of what the running job will be like. The engine makes one at its next step for whoever asks, so
// nothing is asked for while nobody looks.
import { blob } from "/page/server.js";

const every_ms = 2000;

export class Preview {
  constructor(image) {
    this.image = image;
    this.job = null;
    setInterval(() => this.ask(), every_ms);
  }

  /** `job` is the number of the running job, or null. */
  follow(job) {
    if (job === this.job) return;
    this.job = job;
    this.show(null);
    this.ask();
  }

  async ask() {
    const job = this.job;
    if (job === null || document.hidden) return;
    try {
      const picture = await blob(`/api/jobs/${job}/preview`);
      if (picture.size > 0 && job === this.job) this.show(picture);
    } catch {
      // The job was removed, or the connection is lost: the events tell of both.
    }
  }

  show(picture) {
    if (this.image.src.startsWith("blob:")) URL.revokeObjectURL(this.image.src);
    this.image.hidden = picture === null;
    if (picture === null) return this.image.removeAttribute("src");
    this.image.alt = `job ${this.job} as it will begin`;
    this.image.src = URL.createObjectURL(picture);
  }
}
