// The patient's page: one WebRTC call with the practice's assistant, and a keypad over a data channel.
"use strict";
// On the desk the same script takes a call over, or calls the assistant on a copy: data-offer, data-call.
const button = document.getElementById("call");
const hang = document.getElementById("hang");
const state = document.getElementById("state");
const keys = document.getElementById("keys");
let peer = null;
let channel = null;
let microphone = null;

function end(text) {
  if (channel && channel.readyState === "open") channel.send("bye");
  if (peer) peer.close();
  if (microphone) microphone.getTracks().forEach((track) => track.stop());
  peer = channel = microphone = null;
  button.hidden = false;
  hang.hidden = keys.hidden = true;
  state.textContent = text;
}

async function gathered(connection) {
  if (connection.iceGatheringState === "complete") return;
  await new Promise((resolve) => connection.addEventListener("icegatheringstatechange", () => {
    if (connection.iceGatheringState === "complete") resolve();
  }));
}

async function call() {
  button.hidden = true;
  state.textContent = "Appel en cours…";
  try {
    microphone = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
  } catch {
    end("Le micro n'est pas disponible. Autorisez-le pour ce site, puis recommencez.");
    return;
  }
  try {
    peer = new RTCPeerConnection();
    channel = peer.createDataChannel("keys");
    microphone.getTracks().forEach((track) => peer.addTrack(track, microphone));
    peer.ontrack = (event) => { document.getElementById("sound").srcObject = new MediaStream([event.track]); };
    peer.onconnectionstatechange = () => {
      if (!peer) return;
      if (peer.connectionState === "connected") { state.textContent = "En ligne"; hang.hidden = keys.hidden = false; }
      if (["failed", "closed", "disconnected"].includes(peer.connectionState)) end("Appel terminé.");
    };
    channel.onclose = () => { if (peer) end("Appel terminé."); };
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const response = await fetch(button.dataset.offer || "/offer", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ sdp: peer.localDescription.sdp, call: button.dataset.call }),
    });
    if (!response.ok) throw new Error("refused");
    await peer.setRemoteDescription({ type: "answer", sdp: (await response.json()).sdp });
  } catch {
    end("L'appel n'a pas abouti. Réessayez dans un instant ou téléphonez au cabinet.");
  }
}

for (const digit of "123456789*0#") {
  const key = document.createElement("button");
  key.type = "button";
    key.textContent = digit;
  key.addEventListener("click", () => { if (channel && channel.readyState === "open") channel.send(digit); });
  keys.append(key);
}
button.addEventListener("click", call);
hang.addEventListener("click", () => end("Appel terminé."));
