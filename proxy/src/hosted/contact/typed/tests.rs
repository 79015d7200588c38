use std::convert::Infallible;

use http::HeaderValue;

use super::*;

const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=x";

/// A body that comes in pieces of an odd size.
async fn read_of(media: &str, body: impl AsRef<[u8]>) -> (Typed, Option<Unread>) {
    let pieces: Vec<_> = body.as_ref().chunks(9_973).map(Bytes::copy_from_slice).map(Ok::<_, Infallible>).collect();
    let fields = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_str(media).unwrap())]);
    read(&fields, &FieldNames::OWN, stream::iter(pieces)).await
}

fn part(head: &str, content: impl AsRef<[u8]>) -> Vec<u8> {
    [format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(), content.as_ref(), b"\r\n"].concat()
}

fn parts(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), b"--x--\r\n".to_vec()].concat()
}

#[tokio::test]
async fn both_spellings_of_a_form_say_the_same() {
    let form = "name=Zo%C3%A9&email=zoe%40b.fr&subject=a&subject=b&text=x%0D%0Ay+z&form=t&website=&other=1";
    let multipart = parts(&[
        part("name=\"name\"", "Zoé"),
        part("name=\"email\"", "zoe@b.fr"),
        part("name=\"subject\"", "a"),
        part("name=\"subject\"", "b"),
        part("name=\"text\"", "x\r\ny z"),
        part("name=\"form\"", "t"),
        part("name=\"files\"; filename=\"\"", ""),
        part("name=\"other\"", "1"),
    ]);
    let (typed, unread) = read_of(URLENCODED, form).await;
    assert_eq!((typed.name.as_str(), typed.subject.as_str(), typed.text.as_str()), ("Zoé", "a", "x\r\ny z"));
    assert_eq!((read_of(MULTIPART, multipart).await, unread), ((typed, None), None));
}

/// Any piece may be late, the body's end too, and the first ones need not hold the first boundary.
#[tokio::test]
async fn a_body_is_read_however_its_pieces_come() {
    let plain = parts(&[part("name=\"name\"", "Zoé"), part("name=\"text\"", "\r\n--\r\rx")]);
    let introduced = [b"This is what programs see that know no parts.\r\n", plain.as_slice()].concat();
    for (body, size, late) in [plain, introduced].iter().flat_map(|body| {
        let sizes = [1, 2, 3, 7, 50, body.len() - 1, body.len()];
        sizes.into_iter().flat_map(move |size| (0..8).map(move |late| (body, size, late)))
    }) {
        // Bit by bit: whether the first piece, those between, and the end wait.
        let pieces: Vec<_> = body.chunks(size).map(Bytes::copy_from_slice).collect();
        let last = pieces.len();
        let pieces = stream::iter(pieces.into_iter().map(Some).chain([None]).enumerate());
        let pieces = pieces.then(|(number, piece)| async move {
            let bit = if number == 0 {
                1
            } else if number < last {
                2
            } else {
                4
            };
            if late & bit != 0 {
                yield_now().await;
            }
            piece
        });
        let pieces = pieces.filter_map(|piece| async move { piece.map(Ok::<_, Infallible>) });
        let fields = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(MULTIPART))]);
        let (typed, unread) = read(&fields, &FieldNames::OWN, pieces).await;
        let read = (typed.name.as_str(), typed.text.as_str(), unread);
        assert_eq!(read, ("Zoé", "\r\n--\r\rx", None), "pieces of {size}, late {late:03b}");
    }
}

#[tokio::test]
async fn a_file_that_has_no_place_is_passed_over_and_the_rest_kept() {
    let file = |name: &str, size: usize| part(&format!("name=\"files\"; filename=\"{name}\""), vec![b'a'; size]);
    let text = part("name=\"text\"", "after");
    let sizes = |typed: &Typed| typed.files.iter().map(|file| file.content.len()).collect::<Vec<_>>();

    let (typed, unread) =
        read_of(MULTIPART, parts(&[file("a", MOST_BYTES), file("b", MOST_BYTES + 1), text.clone()])).await;
    assert_eq!((sizes(&typed), typed.too_large_files, typed.too_many_files), (vec![MOST_BYTES], true, false));
    assert_eq!((typed.text.as_str(), unread), ("after", None));

    let all = [file("a", MOST_BYTES), file("b", MOST_BYTES), file("c", 1), text.clone()];
    let (typed, _) = read_of(MULTIPART, parts(&all)).await;
    assert_eq!((sizes(&typed), typed.too_large_files, typed.text.as_str()), (vec![MOST_BYTES; 2], true, "after"));

    let many: Vec<_> = (0..6).map(|_| file("a", 1)).chain([text]).collect();
    let (typed, _) = read_of(MULTIPART, parts(&many)).await;
    assert_eq!((typed.files.len(), typed.too_many_files, typed.text.as_str()), (MOST_FILES, true, "after"));
}

#[tokio::test]
async fn what_is_no_form_or_has_no_end_is_bounded_and_what_came_is_kept() {
    let whole = parts(&[part("name=\"text\"", "kept"), part("name=\"name\"", "Zoé")]);
    let (typed, unread) = read_of(MULTIPART, &whole[..whole.len() - 12]).await;
    assert_eq!((typed.text.as_str(), unread), ("kept", Some(Unread::Malformed)));

    let endless =
        [part("name=\"text\"", "kept"), part("name=\"files\"; filename=\"a\"", vec![0; MOST_STREAM])].concat();
    let (typed, unread) = read_of(MULTIPART, endless).await;
    assert_eq!((typed.text.as_str(), unread), ("kept", Some(Unread::TooLarge)));
    let headless = [b"--x\r\n".to_vec(), vec![b'a'; MOST_HEAD + 1]].concat();
    assert_eq!(read_of(MULTIPART, headless).await.1, Some(Unread::TooLarge));
    assert_eq!(read_of(URLENCODED, vec![b'a'; MOST_FORM + 1]).await.1, Some(Unread::TooLarge));
    let many: Vec<_> = (0..=MOST_PARTS).map(|_| part("name=\"a\"", "")).collect();
    assert_eq!(read_of(MULTIPART, parts(&many)).await.1, Some(Unread::TooLarge));
    for media in ["multipart/form-data", "multipart/mixed; boundary=x", "text/plain", "application/json", ""] {
        assert_eq!(read_of(media, &whole).await, (Typed::default(), Some(Unread::Malformed)), "{media}");
    }
}

#[tokio::test]
async fn a_files_name_holds_nothing_that_is_hidden_and_is_cut() {
    let odd = format!("name=\"files\"; filename=\"a\u{0}\tb{}.txt\"", "c".repeat(2 * MOST_NAME));
    let (typed, _) = read_of(MULTIPART, parts(&[part(&odd, "x")])).await;
    assert!(typed.files.iter().all(|file| file.name.chars().count() <= MOST_NAME), "{:?}", typed.files);
    assert!(!typed.files.iter().any(|file| file.name.contains(char::is_control)), "{:?}", typed.files);
    let (typed, _) = read_of(MULTIPART, parts(&[part("name=\"files\"; filename=\"a\tb.txt\"", "x")])).await;
    assert_eq!(typed.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["ab.txt"]);
}
