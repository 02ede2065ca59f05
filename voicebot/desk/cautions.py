"""What a change of the rules does beside the slots, and cannot be seen in them: said before it is made."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import fields

from voicebot.desk import forms
from voicebot.practice import Practice


def cautions(now_ruling: Practice, proposed: Practice) -> Iterator[str]:
    """Sentences in French, for people."""
    yield from _erased(now_ruling, proposed)
    if proposed.sip.bind != now_ruling.sip.bind and not _is_ours(proposed.sip.bind):
        yield f"Cette machine n'a pas l'adresse {proposed.sip.bind} : le service ne démarrerait plus."
    account = proposed.sip.registration
    if account is not None and account != now_ruling.sip.registration and not account.password_file.is_file():
        yield "Le fichier du mot de passe n'existe pas sur cette machine : la ligne ne s'inscrirait pas."
    authority = account.ca_file if account is not None else None
    if authority is not None and not authority.is_file():
        yield "Le fichier de l'autorité n'existe pas sur cette machine : le téléphone ne démarrerait plus."
    if now_ruling.transfer.on_call and not proposed.transfer.on_call:
        yield "Sans astreinte, un signe d'urgence en dehors de l'accueil fait dire le 15 et ne fait sonner personne."
    if now_ruling.zone != proposed.zone:
        yield "Les rendez-vous déjà pris gardent leur instant : leur heure affichée changerait."


def _erased(now_ruling: Practice, proposed: Practice) -> Iterator[str]:
    labels = {spec.key: spec.label for spec in forms.rubrics()["retention"].fields}
    for part in fields(proposed.retention):
        before, after = getattr(now_ruling.retention, part.name), getattr(proposed.retention, part.name)
        if after < before:
            label = labels[f"{part.name}_days"].lower()
            yield f"La prochaine nuit effacera pour de bon ce qui a plus de {after} jours ({label})."


def _is_ours(address: str) -> bool:
    """Whether this machine can take calls at an address."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True
