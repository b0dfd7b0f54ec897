"""Deconfliction of a whole case: its file against all others, once, or each day as a standing match report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from icmgraph.audit.digests import digest
from icmgraph.errors import Conflict
from icmgraph.model.answers import CaseCheckAnswer, CaseRegistered, Sought
from icmgraph.model.checks import CASE, Asked, CaseCheckInput, CaseRegistrationInput, Purpose, as_typed, normal_form
from icmgraph.model.disclosure import strictest
from icmgraph.model.records import DisclosureMode, Function, utc_text
from icmgraph.model.source import Source
from icmgraph.queries.asking import DAY
from icmgraph.queries.casefile import InFile, in_file, may_ask
from icmgraph.queries.deconfliction import NOTHING_MORE, Deconfliction, Findings
from icmgraph.queries.gateway import Row, Transaction

C = TypeVar("C", bound=CaseCheckAnswer)
Said = dict[str, Any]


class CaseChecks:
    """Checks of case files by one person.

    Args:
        deconfliction: that person's.
    """

    def __init__(self, deconfliction: Deconfliction) -> None:
        self._deconfliction = deconfliction
        self._user = deconfliction.session.user

    def check(self, question: CaseCheckInput, arrived: float) -> CaseCheckAnswer:
        """Ask whether anybody else works on what the file of a case holds, as far as the asker sees it, and on what is
        asked beside it.

        What the case asserts itself never matches, nor do registrations of who is assigned to it. Others learn of each
        selector by the stricter of the question's mode and of what the case, the record and the caveats say.

        Raises:
            NotFound: the case is absent or hidden.
            FunctionRefused: no write assignment in it.
            InvalidInput: its file holds nothing to be looked for, or too much at once.
            Quota, Unavailable: as of a check.
        """

        def store(
            tx: Transaction, source: Source, asked: tuple[Asked, ...], said: Said, check: Said
        ) -> tuple[CaseCheckAnswer, set[str]]:
            tx.control("create_check", user=self._user, properties=check)
            return CaseCheckAnswer(**said), set()

        return self._ask("deconflict.check", CaseCheckAnswer, question, arrived, store, beside=_beside(question))

    def register(self, question: CaseRegistrationInput, arrived: float) -> CaseRegistered:
        """Check a case's file, and let a worker check it again each day: a standing match report.

        Nothing meets the registration itself: what the case holds is met as the case's.

        Raises:
            Conflict: a report of this case stands for the asker.
            NotFound, FunctionRefused, InvalidInput, Quota, Unavailable: as of ``check``.
        """

        def store(
            tx: Transaction, source: Source, asked: tuple[Asked, ...], said: Said, check: Said
        ) -> tuple[CaseRegistered, set[str]]:
            if stands := tx.personal("standing_case_registration", self._user, case=question.case):
                raise Conflict(f"a report of this case stands already: renew {stands[0]['id']}, or withdraw it first")
            registration, until = source.uuid(), self._deconfliction.stands_until(check["at"], question.days)
            due = {"case": question.case, "due": check["at"] + DAY, "last": check["id"], "reported": check["at"]}
            tx.control("create_check", user=self._user, properties={**check, "registration": registration})
            self._deconfliction.let_stand(tx, registration, CASE, question, check, until, **due)
            answer = CaseRegistered(**said, registration=registration, stands_until=utc_text(until))
            return answer, {registration}

        return self._ask("deconflict.register", CaseRegistered, question, arrived, store)

    def report(self, due: Row) -> CaseCheckAnswer:
        """Make a standing match report again, as whose it is: a check of the file as it is now. The next is in a day.

        Args:
            due: of ``due_case_registrations``.

        Raises:
            Conflict: another made it, or it stands no more.
            NotFound, FunctionRefused, InvalidInput, Quota, Unavailable: as of ``check``.
        """
        id = due["id"]

        def store(
            tx: Transaction, source: Source, asked: tuple[Asked, ...], said: Said, check: Said
        ) -> tuple[CaseCheckAnswer, set[str]]:
            rows = tx.control(
                "advance_case_registration", id=id, last=due["last"], check=check["id"], at=check["at"],
                due=check["at"] + DAY,
            )  # fmt: skip
            if not rows:
                raise Conflict("it was made meanwhile, or stands no more")
            before = set(rows[0]["asked"])
            fresh = [number for number, one in enumerate(check["digests"]) if one not in before]
            # The same file each day is not somebody who tries numbers, day by day.
            stems = self._deconfliction.asking.stems([asked[number] for number in fresh])
            properties = {**check, "registration": id, "fresh": fresh, "stems": stems}
            tx.control("create_check", user=self._user, properties=properties)
            return CaseCheckAnswer(**said), {id}

        question = CaseCheckInput(
            case=due["case"], reason=due["reason"], reference=due["own_reference"], mode=DisclosureMode(due["mode"])
        )
        about = {"registration": id}
        return self._ask("deconflict.check", CaseCheckAnswer, question, 0.0, store, about)

    def _ask(
        self,
        action: str,
        answer: type[C],
        question: CaseCheckInput | CaseRegistrationInput,
        arrived: float,
        store: Callable[[Transaction, Source, tuple[Asked, ...], Said, Said], tuple[C, set[str]]],
        about: Mapping[str, Any] = NOTHING_MORE,
        beside: Sequence[InFile] = (),
    ) -> C:
        """``store`` gets what is answered and the properties of the check, and writes that."""
        case = question.case
        about = {"case": case, **about}
        file = self._deconfliction.session.read(
            "deconflict.case",
            about,
            lambda view: in_file(view, case, view.source.now(), silently=question.mode is DisclosureMode.SILENT),
            Function.DECONFLICT,
        )
        in_it = {one.asked for one in file}
        beside = [one for one in beside if one.asked not in in_it]
        file += beside
        asked = tuple(one.asked for one in file)
        more = {
            "case": case,
            "selectors": [Sought(kind=one.asked.kind, value=one.value, birth_date=one.asked.born) for one in file],
        }

        def stored(
            tx: Transaction, act: str, source: Source, question: Purpose, asked: tuple[Asked, ...], found: Findings
        ) -> tuple[C, set[str]]:
            said, properties = self._deconfliction.made(act, source, question, asked, found)
            check = {
                **properties,
                "of_case": case,
                "modes": [strictest(question.mode, one.mode).value for one in file],
                "records": [one.record for one in file],
            }
            result, ids = store(tx, source, asked, {**said, **more}, check)
            return result, {check["id"], *ids}

        given = self._deconfliction.ask(
            action, answer, question, asked, arrived, stored, lambda view, asked: may_ask(view, case),
            more=more, about=about, but=case, listed=tuple(one.asked for one in beside),
        )  # fmt: skip
        same = given.asked == [digest(self._deconfliction.key, one.text) for one in asked]
        return given if same else given.model_copy(update={"selectors": []})


def _beside(question: CaseCheckInput) -> list[InFile]:
    """What is asked with the file, in the order of ``normal_form``; it is of no record."""
    also = question.beside
    if also is None:
        return []
    typed = as_typed(also) if also.event is None else [*as_typed(also)[:-1], utc_text(also.event.starts)]
    return [
        InFile(one, value, "", question.mode) for one, value in zip(normal_form(also, "beside."), typed, strict=True)
    ]
