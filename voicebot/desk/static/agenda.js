// The agenda's calendar: draws, drags, follows what others change. Names go into the page as text only.
"use strict";
(() => {
  const calendarBox = document.getElementById("calendar");
  const list = document.getElementById("list");
  const changed = document.getElementById("changed");
  const toast = document.getElementById("toast");

  document.getElementById("print")?.addEventListener("click", () => window.print());

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function tell(text, undo, fields, more) {
    toast.replaceChildren(element("span", "", text));
    if (undo) {
      const form = element("form");
      form.method = "post";
      form.action = undo;
      for (const [name, value] of Object.entries(fields)) {
        const input = element("input");
        input.type = "hidden";
        input.name = name;
        input.value = value;
        form.append(input);
      }
      const button = element("button", "small", "Annuler");
      button.type = "submit";
      form.append(button);
      toast.append(form);
    }
    if (more) {
      const link = element("a", "", "Placer quand même…");
      link.href = more;
      toast.append(link);
    }
  }

  function content(info) {
    const { event } = info;
    if (event.display === "background") {
      const label = event.titleText ?? event.title;
      return { domNodes: typeof label === "string" && label ? [element("span", "why", label)] : [] };
    }
    const { patient, motive, state, reason, phone } = event.extendedProps;
    const link = element("a", "rdv");
    link.href = "/agenda/" + encodeURIComponent(event.id);
    link.draggable = false;
    const hour = (date) => date.toLocaleTimeString("fr-FR", { hour: "2-digit", minute: "2-digit" });
    link.append(element("span", "at", hour(event.start)), element("span", "name", patient), element("span", "motive", motive));
    if (reason !== null) link.append(element("span", "mark", "en plus"));
    link.append(element("span", "unseen", ", " + state + (phone ? ", pris par l'assistant" : "")));
    return { domNodes: [link] };
  }

  function local(date) {
    const two = (number) => String(number).padStart(2, "0");
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
  }

  async function dropped(info) {
    const { event, revert } = info;
    const body = new URLSearchParams({
      start: local(event.start),
      practitioner: event.resourceIds[0] ?? "",
      version: event.extendedProps.version,
      key: crypto.randomUUID?.() ?? String(Math.random()).slice(2),
    });
    try {
      const answer = await fetch(`/agenda/${encodeURIComponent(event.id)}/glisser`, { method: "POST", body });
      if (answer.status !== 200 && answer.status !== 409) throw new Error(String(answer.status));
      const said = await answer.json();
      if (answer.status === 409) revert();
      tell(said.text, said.undo, said.fields, said.more);
    } catch {
      revert();
      tell("Le poste ne répond pas : rien n'a été déplacé.");
    }
    refresh();
  }

  // The component says that it is a table of rows and cells, which it is not; its rows are links, and links they stay.
  function plain() {
    for (const part of calendarBox.querySelectorAll(".ec, .ec *")) {
      for (const name of part.getAttributeNames()) {
        if (name === "role" || /^aria-(col|row)/.test(name)) part.removeAttribute(name);
      }
    }
    const scrolled = calendarBox.querySelector(".ec-main");
    if (scrolled) {
      scrolled.tabIndex = 0;
      scrolled.setAttribute("role", "region");
      scrolled.setAttribute("aria-label", "Agenda");
    }
  }

  let calendar = null;
  let version = calendarBox?.dataset.version ?? "";

  function draw() {
    const { kind, day, low, high, feed, people, names } = calendarBox.dataset;
    const labels = JSON.parse(names);
    const two = (number) => String(number).padStart(2, "0") + ":00";
    calendar = EventCalendar.create(calendarBox, {
      view: kind === "jour" ? "resourceTimeGridDay" : "timeGridWeek",
      date: day,
      firstDay: 1,
      locale: "fr",
      headerToolbar: { start: "", center: "", end: "" },
      resources: JSON.parse(people).map((id, place) => ({ id, title: labels[place] })),
      slotMinTime: two(low),
      slotMaxTime: two(high),
      slotDuration: "00:15",
      slotLabelInterval: "01:00",
      slotHeight: 26,
      snapDuration: "00:05",
      allDaySlot: false,
      nowIndicator: true,
      dayHeaderFormat: { weekday: "short", day: "numeric" },
      slotLabelFormat: (date) => date.getHours() + " h",
      slotEventOverlap: false,
      eventDurationEditable: false,
      eventContent: content,
      eventDrop: dropped,
      eventAllUpdated: plain,
      dateClick: (info) => {
        const who = info.resource?.id ?? (JSON.parse(people).length === 1 ? JSON.parse(people)[0] : "");
        location.href = `/agenda/nouveau?start=${local(info.date)}&practitioner=${encodeURIComponent(who)}`;
      },
      eventSources: [{ events: () => fetch(feed).then((answer) => answer.json()) }],
    });
    plain();
  }

  async function refresh() {
    calendar?.refetchEvents();
    if (!list) return;
    try {
      const answer = await fetch(list.dataset.from);
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const focused = document.activeElement?.getAttribute?.("href");
      list.replaceChildren(...fresh.body.childNodes);
      if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    } catch { /* the next change tries again */ }
  }

  const asList = document.getElementById("as-list");
  function show(listed) {
    calendarBox.hidden = listed;
    document.documentElement.classList.toggle("has-calendar", !listed);
    asList.setAttribute("aria-pressed", String(listed));
    if (!listed && calendar === null) draw();
  }
  if (calendarBox && window.EventCalendar) {
    asList.hidden = false;
    const narrow = matchMedia("(max-width: 52rem)").matches;
    show((localStorage.getItem("agenda-list") ?? String(narrow)) === "true");
    asList.addEventListener("click", () => {
      const listed = asList.getAttribute("aria-pressed") !== "true";
      localStorage.setItem("agenda-list", String(listed));
      show(listed);
    });
  }

  // What others change: the page draws it again, and the form of an appointment says so.
  if (list || changed?.dataset.watch) {
    const source = new EventSource("/agenda/flux");
    addEventListener("pagehide", () => source.close());
    source.onmessage = async (message) => {
      if (list) {
        if (message.data === version) return;
        const first = version === "";
        version = message.data;
        if (!first) {
          await refresh();
          changed.textContent = "L'agenda vient d'être mis à jour.";
        }
        return;
      }
      const answer = await fetch(changed.dataset.watch);
      if (!answer.ok) return;
      const now = await answer.json();
      changed.hidden = String(now.version) === changed.dataset.version && now.status === changed.dataset.status;
    };
  }
})();
