"use strict";

const page = JSON.parse(document.getElementById("page-data").textContent);
const scoreOf = new Map(page.frames.map((frame) => [frame.index, frame]));

/* Player: the result leads, the other clips follow its clock. */

const player = document.getElementById("player");
const clips = [...player.querySelectorAll("video")];
const leader = clips.find((clip) => clip.dataset.role === "result");
const followers = clips.filter((clip) => clip !== leader);
const scrub = document.getElementById("scrub");
const playButton = document.getElementById("play");
const readout = document.getElementById("readout");
const watchers = [];
let playing = false;
let speed = 1;
let shownFrame = 0;

function lastFrame() {
  if (page.frames.length > 0) return page.frames[page.frames.length - 1].index;
  return Number.isFinite(leader.duration) ? Math.max(Math.round(leader.duration * page.rate) - 1, 0) : 0;
}

function frameAt(time) {
  return Math.min(Math.max(Math.floor(time * page.rate + 1e-3), 0), lastFrame());
}

function show(frame) {
  shownFrame = frame;
  scrub.value = frame;
  readout.replaceChildren(...describe(frame));
  watchers.forEach((watch) => watch(frame));
}

function describe(frame) {
  const place = `Frame ${frame} / ${lastFrame()}, ${(frame / page.rate).toFixed(3)} s: `;
  const score = scoreOf.get(frame);
  if (score === undefined) return [place + "no score"];
  if (!score.made) return [place + "source frame, passed through"];
  const own = document.createElement("strong");
  own.textContent = `PSNR ${score.psnr}`;
  const others = Object.entries(score.baselines).map(([name, psnr]) => `, ${name} ${psnr}`);
  return [place + "made, ", own, others.join("")];
}

function seek(frame) {
  const wanted = Math.min(Math.max(frame, 0), lastFrame());
  // The middle of a frame: its edge could round to the frame before.
  const time = (wanted + 0.5) / page.rate;
  for (const clip of clips) {
    clip.currentTime = Number.isFinite(clip.duration) ? Math.min(time, clip.duration - 0.001) : time;
  }
  show(wanted);
}

function play() {
  playing = true;
  playButton.classList.add("playing");
  playButton.setAttribute("aria-label", "Pause");
  if (shownFrame >= lastFrame()) seek(0);
  for (const clip of clips) {
    clip.playbackRate = speed;
    clip.play().catch(() => {});
  }
  requestAnimationFrame(follow);
}

function pause() {
  playing = false;
  playButton.classList.remove("playing");
  playButton.setAttribute("aria-label", "Play");
  clips.forEach((clip) => clip.pause());
  seek(frameAt(leader.currentTime));
}

function follow() {
  if (!playing) return;
  show(frameAt(leader.currentTime));
  for (const clip of followers) {
    if (clip.ended || clip.seeking) continue;
    const ahead = clip.currentTime - leader.currentTime;
    if (Math.abs(ahead) > 2 / page.rate) clip.currentTime = leader.currentTime;
    // A small lead is worked off by a slightly different speed, which shows less than a jump.
    clip.playbackRate = speed * (1 - Math.min(Math.max(2 * ahead, -0.1), 0.1));
    if (clip.paused) clip.play().catch(() => {});
  }
  requestAnimationFrame(follow);
}

function step(frames) {
  if (playing) pause();
  seek(shownFrame + frames);
}

function setSpeed(button) {
  speed = Number(button.dataset.speed);
  clips.forEach((clip) => { clip.playbackRate = speed; });
  for (const other of player.querySelectorAll("[data-speed]")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
}

function showInPlayer(frame) {
  if (playing) pause();
  seek(frame);
  player.scrollIntoView({ block: "start" });
}

function playerIsVisible() {
  const box = player.getBoundingClientRect();
  return box.bottom > 0 && box.top < window.innerHeight;
}

function onKey(event) {
  const busy = event.target.closest("input, button, select, summary, a, .scroll");
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (busy || !plain || !playerIsVisible()) return;
  const actions = { " ": () => (playing ? pause() : play()), ArrowLeft: () => step(-1), ArrowRight: () => step(1) };
  if (!(event.key in actions)) return;
  event.preventDefault();
  actions[event.key]();
}

function startPlayer() {
  for (const clip of clips) {
    clip.controls = false;
    clip.addEventListener("click", () => (playing ? pause() : play()));
  }
  player.querySelector(".controls").hidden = false;
  playButton.addEventListener("click", () => (playing ? pause() : play()));
  document.getElementById("back").addEventListener("click", () => step(-1));
  document.getElementById("forward").addEventListener("click", () => step(1));
  scrub.addEventListener("input", () => {
    if (playing) pause();
    seek(Number(scrub.value));
  });
  for (const button of player.querySelectorAll("[data-speed]")) {
    button.addEventListener("click", () => setSpeed(button));
  }
  for (const button of document.querySelectorAll("[data-show]")) {
    button.addEventListener("click", () => showInPlayer(Number(button.dataset.show)));
  }
  leader.addEventListener("ended", () => {
    if (!playing) return;
    seek(0);
    play();
  });
  leader.addEventListener("loadedmetadata", () => { scrub.max = lastFrame(); });
  document.addEventListener("keydown", onKey);
  scrub.max = lastFrame();
  // A made frame, where the clips differ, says more than the first frame, where they are all the same.
  seek(page.frames.find((frame) => frame.made)?.index ?? 0);
}

/* Split: the chosen still's result lies over its truth and is cut off at the line. */

const split = document.getElementById("split");
const splitRange = document.getElementById("split-range");

function splitAt(percent) {
  const share = Math.min(Math.max(percent, 0), 100);
  split.style.setProperty("--share", `${share}%`);
  splitRange.value = share;
}

function dragTo(event) {
  const box = split.getBoundingClientRect();
  splitAt((100 * (event.clientX - box.left)) / box.width);
}

function chooseStill(button, pictures) {
  const still = document.querySelector(`.still[data-index="${button.dataset.choose}"]`);
  for (const role of ["truth", "result"]) {
    const source = still.querySelector(`[data-picture="${role}"]`);
    pictures[role].src = source.src;
    pictures[role].alt = source.alt;
    pictures[role].width = source.width;
    pictures[role].height = source.height;
  }
  for (const other of document.querySelectorAll("[data-choose]")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
}

function startSplit() {
  const buttons = [...document.querySelectorAll("[data-choose]")];
  if (buttons.length === 0) return;
  const pictures = { truth: new Image(), result: new Image() };
  pictures.result.className = "upper";
  split.prepend(pictures.truth, pictures.result);
  buttons.forEach((button) => button.addEventListener("click", () => chooseStill(button, pictures)));
  chooseStill(buttons[0], pictures);
  splitRange.addEventListener("input", () => splitAt(Number(splitRange.value)));
  split.addEventListener("pointerdown", (event) => {
    split.setPointerCapture(event.pointerId);
    dragTo(event);
  });
  split.addEventListener("pointermove", (event) => {
    if (split.hasPointerCapture(event.pointerId)) dragTo(event);
  });
  document.getElementById("split-section").hidden = false;
}

/* Curve: the nearest made frame can be read and sought. */

const curve = document.getElementById("curve");

function startCurve() {
  if (curve === null) return;
  const dots = [...curve.querySelectorAll("[data-index]")];
  const marker = document.getElementById("marker");
  const note = document.getElementById("curve-note");
  const playhead = document.getElementById("playhead");
  const { left, right, start, end } = Object.fromEntries(
    Object.entries(curve.dataset).map(([name, value]) => [name, Number(value)]),
  );

  function nearest(event) {
    const box = curve.getBoundingClientRect();
    const across = ((event.clientX - box.left) / box.width) * curve.viewBox.baseVal.width;
    const distance = (dot) => Math.abs(dot.cx.baseVal.value - across);
    return dots.reduce((best, dot) => (distance(dot) < distance(best) ? dot : best));
  }

  curve.addEventListener("pointermove", (event) => {
    const dot = nearest(event);
    marker.setAttribute("cx", dot.cx.baseVal.value);
    marker.setAttribute("cy", dot.cy.baseVal.value);
    note.replaceChildren(...describe(Number(dot.dataset.index)));
  });
  curve.addEventListener("click", (event) => {
    if (playing) pause();
    seek(Number(nearest(event).dataset.index));
  });
  watchers.push((frame) => {
    const place = left + ((frame / page.rate - start) / (end - start)) * (right - left);
    playhead.setAttribute("x1", place);
    playhead.setAttribute("x2", place);
  });
}

function startCopying() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = navigator.clipboard === undefined;
    button.addEventListener("click", () => {
      const text = document.getElementById(button.dataset.copy).textContent;
      navigator.clipboard.writeText(text).then(() => { button.textContent = "Copied"; }, () => {});
    });
  }
}

startCurve();
startPlayer();
startSplit();
startCopying();
