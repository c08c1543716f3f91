"""Keeping what a person says of withdrawals and reviews that match no holder: whose they are, or that they are nobody's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from stdnum.cn import uscc as uscc_check

from jobs import clock
from jobs.definitions.wording import folded
from jobs.kpi.unmatched import CONTINUES, ENDS, OPENS, NoticeLine, Word, as_settled, certificates_of
from jobs.ledger import settlements
from jobs.ledger.models import Settlement
from jobs.operate.review import Item, listing, notices, told_certificates
from jobs.refusals import Refusal, choose, nearest, shown
from jobs.release.certificate_notices import Notices


def settle(
    ids: Iterable[str],
    note: str,
    by: str,
    *,
    uscc: str | None = None,
    certificate: str | None = None,
    stated: bool = False,
    not_ours: bool = False,
    reopen: bool = False,
) -> list[Settlement]:
    """Keep a person's word on lines that match no holder.

    Parameters
    ----------
    ids : iterable of str
        Of :func:`jobs.operate.review.listing`.
    note, by : str
        On what it rests, and who says so; never empty.
    uscc : str, optional
        Whose the one line is.
    certificate : str, optional
        Document, after a blank also the name if it is another, of the line without a code by which that firm was certified.
    stated : bool
        The lines are about the firms whose codes they state.
    not_ours : bool
        They are about no firm of ours and do not count.
    reopen : bool
        It is not known after all: they wait again.

    Returns
    -------
    list of Settlement
        The gate computes the periods anew that they may change; until such a candidate is approved and published,
        nothing changes.

    Raises
    ------
    Refusal
        If something is missing, unknown or cannot be; then nothing is kept.
    """
    _refuse_contradictions(note, by, (uscc is not None, stated, not_ours, reopen), certificate, uscc)
    known = {i.id: i for i in listing(everything=True)}
    names = {i.id: i.line.name for i in known.values()}
    chosen = [known[choose("待核对公告", i, names, "用 zjtx review list 查看")] for i in dict.fromkeys(ids)]
    if uscc is not None and len(chosen) != 1:
        raise Refusal("--uscc 一次只核对一条：每条公告各有各的企业")
    every, said = notices(), []
    for item in chosen:
        if reopen or not_ours:
            decision = settlements.REOPENED if reopen else settlements.NOT_OURS
            word = _word(item, decision, note, by)
        else:
            word = _matched(item, every[item.feed], _code(uscc, item), certificate, note, by)
        _refuse_if_said(item, word)
        said.append(word)
    return settlements.say(said)


def _refuse_contradictions(
    note: str, by: str, decisions: tuple[bool, ...], certificate: str | None, uscc: str | None
) -> None:
    """Refuse a word without reason or name, and anything but one decision."""
    if not note.strip() or not by.strip():
        raise Refusal("核对要写明依据（--note）和姓名（--by） / a word needs a reason and a name")
    if sum(decisions) != 1:
        raise Refusal(
            "请在 --uscc 代码、--stated、--not-ours、--reopen 中写且只写一个 / give exactly one of them"
        )
    if certificate is not None and uscc is None:
        raise Refusal("--certificate 只和 --uscc 一起写：说明哪份名单里没有代码的证书属于这家企业")


def _code(given: str | None, item: Item) -> str:
    """Return the code that is meant: the one given, else the one the line states."""
    if given is None:
        if item.line.uscc is None:
            raise Refusal(f"{item.id} 的公告没有写代码：请用 --uscc 写明是哪家企业")
        return item.line.uscc
    code = "".join(given.upper().split())
    if not uscc_check.is_valid(code):
        raise Refusal(f"“{shown(given)}”不是正确的统一社会信用代码（18 位，末位是校验位）：请按证照核对")
    return code


def _word(
    item: Item,
    decision: str,
    note: str,
    by: str,
    uscc: str | None = None,
    certificate: NoticeLine | None = None,
) -> Settlement:
    days: list[date] = [item.line.document_date, *([certificate.document_date] if certificate else [])]
    # What an earlier word changed changes back.
    days += [item.said.first_date] if item.said else []
    return Settlement(
        feed=item.feed, line=list(item.line.key), stated=item.line.uscc, decision=decision, uscc=uscc,
        certificate=list(certificate.key) if certificate else None, first_date=min(days), note=note.strip(),
        decided_by=by.strip(), decided_at=clock.now(),
    )  # fmt: skip


def _matched(
    item: Item, found: Notices, code: str, certificate: str | None, note: str, by: str
) -> Settlement:
    """Return the word that a line is about a firm, which for a withdrawal must hold a certificate then."""
    line, taken_back = item.line, {item.line.key}
    if item.said and item.said.certificate:
        taken_back.add(tuple(item.said.certificate))
    words = [w for w in found.words if w.key not in taken_back]
    held = None if certificate is None else _certificate(item, as_settled(found.lines, words), certificate)
    words += [Word(line.key, line.uscc, code), *([Word(held.key, None, code)] if held else [])]
    after = as_settled(found.lines, words)
    (own,) = (x for x in after if x.key == line.key)
    if line.event == ENDS and not certificates_of(own, after):
        uncoded = [c for c in item.alike if c.uscc is None]
        hint = f"；同名而没有代码的证书：{told_certificates(uncoded)}" if uncoded else ""
        raise Refusal(
            f"{code} 在 {line.document_date} 以前没有这一梯度的证书，这条撤销公告对它不起作用；"
            f"证书所在的名单若没有写代码，请加 --certificate '发文字号 企业名称'{hint}"
        )
    return _word(item, settlements.MATCHED, note, by, code, held)


def _certificate(item: Item, lines: Iterable[NoticeLine], text: str) -> NoticeLine:
    """Return the line without a code that a person names by its document, and by its name if that is another."""
    document, _, name = text.strip().partition(" ")
    name = name.strip() or item.line.name
    free = [
        c
        for c in lines
        if c.uscc is None and c.tier == item.line.tier and c.event in (OPENS, CONTINUES)
        and c.document_date <= item.line.document_date and c.key != item.line.key
    ]  # fmt: skip
    meant = [c for c in free if (c.key[0], c.key[3]) == (document, folded(name))]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise Refusal(f"《{shown(document)}》里“{shown(name)}”不止一行，无法判断是哪一张证书")
    there = [c.name for c in free if c.key[0] == document]
    near = nearest(name, there) if there else nearest(document, {c.key[0] for c in free})
    offer = f"；是不是 {'、'.join(near)}？" if near else ""
    raise Refusal(f"《{shown(document)}》里没有“{shown(name)}”这一梯度而没有代码的证书{offer}")


def _refuse_if_said(item: Item, word: Settlement) -> None:
    """Refuse a word that changes nothing."""
    before = item.said
    if word.decision == settlements.REOPENED and (before is None or before.decision == word.decision):
        raise Refusal(f"{item.id} 现在就是待核对的，不用重开")
    if before and _said(before) == _said(word):
        raise Refusal(f"{item.id} 已由 {before.decided_by} 这样核对过，未作任何改动")


def _said(word: Settlement) -> tuple[str, str | None, list[str] | None]:
    return word.decision, word.uscc, word.certificate
