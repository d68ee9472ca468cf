from django.core.mail import EmailMultiAlternatives, send_mail

from yesand.infra.mail import FolderBackend, recent


def send(to: str, subject: str) -> None:
    backend = FolderBackend()
    assert (
        send_mail(subject, "Your code: ABC-123\n", "y@example.org", [to], connection=backend) == 1
    )


def test_a_mail_is_a_file_for_us_alone_newest_first(home):
    assert recent(home) == []
    send("ada@example.org", "First")
    send("noor@example.org", "Second · ünï")
    found = recent(home)
    assert [mail.subject for mail in found] == ["Second · ünï", "First"]
    assert found[0].to == "noor@example.org" and "ABC-123" in found[0].text
    assert found[0].at.tzinfo is not None
    for path in (home / "mail").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600 and not path.name.startswith(".")
    assert (home / "mail").stat().st_mode & 0o777 == 0o700


def test_by_address_and_with_a_limit(home):
    for number in range(3):
        send("ada@example.org", str(number))
    send("noor@example.org", "other")
    assert [mail.subject for mail in recent(home, to="Ada@example.org", limit=2)] == ["2", "1"]


def test_a_mail_with_a_picture_of_words_shows_its_words(home):
    mail = EmailMultiAlternatives("Both", "plain words", "y@example.org", ["a@example.org"])
    mail.attach_alternative("<b>bold words</b>", "text/html")
    mail.connection = FolderBackend()
    mail.send()
    (found,) = recent(home)
    assert found.text.strip() == "plain words"


def test_other_files_in_the_folder_are_not_mails(home):
    send("ada@example.org", "One")
    (home / "mail" / "notes.txt").write_text("x")
    (home / "mail" / ".draft.eml").write_text("x")
    assert len(recent(home)) == 1
