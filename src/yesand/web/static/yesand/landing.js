/* Plays the start page's scene: the picture's head follows the sound's own time. */
const button = document.querySelector("[data-play]");
const sound = document.querySelector("[data-sound]");
const head = document.querySelector("[data-head]");
const clock = document.querySelector("[data-clock]");
const box = document.querySelector("[data-scroll]");
const words = button.dataset;
const total = Number(head.dataset.seconds);
const perSecond = Number(head.dataset.perSecond);

box.scrollLeft = Number(box.dataset.open); /* a narrow screen opens where both are heard */

function draw() {
  const at = Math.min(total, sound.currentTime);
  head.setAttribute("transform", `translate(${at * perSecond} 0)`);
  clock.textContent = `0:${String(Math.floor(at)).padStart(2, "0")}`;
  const x = at * perSecond;
  if (x > box.scrollLeft + box.clientWidth * 0.7) box.scrollLeft = x - box.clientWidth * 0.7;
  if (!sound.paused) requestAnimationFrame(draw);
}

button.addEventListener("click", () => {
  if (!sound.paused) return sound.pause();
  if (sound.ended || sound.currentTime === 0) box.scrollLeft = 0;
  sound.play();
});
sound.addEventListener("play", () => {
  button.textContent = words.pause;
  requestAnimationFrame(draw);
});
sound.addEventListener("pause", () => {
  button.textContent = sound.ended ? words.again : words.on;
});
sound.addEventListener("ended", () => {
  button.textContent = words.again;
});
