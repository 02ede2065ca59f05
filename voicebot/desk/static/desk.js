// The desk's live page: call events in, cards out. Text only ever through textContent: a caller's words stay inert.
"use strict";
const outcomes = {
  booked: "Rendez-vous pris", moved: "Rendez-vous déplacé", cancelled: "Rendez-vous annulé", informed: "Renseigné",
  transferred: "Transféré", callback: "À rappeler", emergency: "Urgence", abandoned: "Sans suite",
};
const cards = new Map();
const calls = document.getElementById("calls");

function card(event) {
  let found = cards.get(event.call);
  if (!found) {
    found = document.getElementById("call-card").content.firstElementChild.cloneNode(true);
    found.querySelector("h3").textContent = "Appel de " + event.at.slice(11, 16);
    found.querySelector(".badge").textContent = "En cours";
    calls.prepend(found);
    cards.set(event.call, found);
    document.getElementById("empty").hidden = true;
  }
  return found;
}

function line(event, kind, text) {
  const item = document.createElement("li");
  item.className = kind;
  item.textContent = text;
  card(event).querySelector(".turns").append(item);
}

async function refreshAgenda() {
  const page = await fetch("/agenda");
  if (page.ok) document.getElementById("agenda").innerHTML = await page.text();
}

function show(event) {
  switch (event.event) {
    case "answered": card(event); break;
    case "heard": line(event, "heard", event.rejected || !event.text ? "(pas compris)" : event.text); break;
    case "said": line(event, "said", event.text); break;
    case "key": line(event, "note", "Touche " + event.digit); break;
    case "committed": refreshAgenda(); break;
    case "outcome": card(event).querySelector(".badge").textContent = outcomes[event.outcome] || event.outcome; break;
    case "ended": refreshAgenda(); break;
  }
}

const link = document.getElementById("link");
const source = new EventSource("/events");
source.onopen = () => { link.textContent = "En direct"; cards.clear(); calls.replaceChildren(); };
source.onerror = () => { link.textContent = "Liaison interrompue, nouvel essai…"; };
source.onmessage = (message) => show(JSON.parse(message.data));
