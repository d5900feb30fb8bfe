#include "shared_kernel/notice_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace lienthong::shared_kernel {
namespace {

/// One code point and its bytes; bytes that are no UTF-8 stand for themselves.
struct Letter {
  char32_t code = 0;
  std::string_view bytes;
};

Letter next_letter(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 1;
  if (length == 1 || length > text.size()) return {lead, text.substr(0, 1)};
  auto code = static_cast<char32_t>(lead & (0xFFU >> (length + 1)));
  for (std::size_t i = 1; i < length; ++i) {
    code = code << 6 | static_cast<char32_t>(static_cast<std::uint8_t>(text[i]) & 0x3FU);
  }
  return {code, text.substr(0, length)};
}

template <class Each>
void each_letter(std::string_view text, Each each) {
  while (!text.empty()) {
    const Letter letter = next_letter(text);
    each(letter);
    text.remove_prefix(letter.bytes.size());
  }
}

/// A run of letters that all fold to one of two: capital, then small.
struct FoldRange {
  char32_t first;
  char32_t last;
  char capital;
  char small;
};
// Source: Unicode blocks Latin-1 Supplement, Latin Extended-A and -B, Latin Extended Additional (U+1EA0 .. U+1EF9, where
// capitals are even).
constexpr std::array kFoldRanges = {
    FoldRange{0x00C0, 0x00C3, 'A', 'A'}, FoldRange{0x00C8, 0x00CA, 'E', 'E'}, FoldRange{0x00CC, 0x00CD, 'I', 'I'},
    FoldRange{0x00D2, 0x00D5, 'O', 'O'}, FoldRange{0x00D9, 0x00DA, 'U', 'U'}, FoldRange{0x00DD, 0x00DD, 'Y', 'Y'},
    FoldRange{0x00E0, 0x00E3, 'a', 'a'}, FoldRange{0x00E8, 0x00EA, 'e', 'e'}, FoldRange{0x00EC, 0x00ED, 'i', 'i'},
    FoldRange{0x00F2, 0x00F5, 'o', 'o'}, FoldRange{0x00F9, 0x00FA, 'u', 'u'}, FoldRange{0x00FD, 0x00FD, 'y', 'y'},
    FoldRange{0x0102, 0x0103, 'A', 'a'}, FoldRange{0x0110, 0x0111, 'D', 'd'}, FoldRange{0x0128, 0x0129, 'I', 'i'},
    FoldRange{0x0168, 0x0169, 'U', 'u'}, FoldRange{0x01A0, 0x01A1, 'O', 'o'}, FoldRange{0x01AF, 0x01AF, 'U', 'U'},
    FoldRange{0x01B0, 0x01B0, 'u', 'u'}, FoldRange{0x1EA0, 0x1EB7, 'A', 'a'}, FoldRange{0x1EB8, 0x1EC7, 'E', 'e'},
    FoldRange{0x1EC8, 0x1ECB, 'I', 'i'}, FoldRange{0x1ECC, 0x1EE3, 'O', 'o'}, FoldRange{0x1EE4, 0x1EF1, 'U', 'u'},
    FoldRange{0x1EF2, 0x1EF9, 'Y', 'y'}};

bool is_combining_mark(char32_t code) { return code >= 0x0300 && code <= 0x036F; }

// The 7-bit alphabet: which letters beyond ASCII's it has, which of ASCII's cost two or are missing.
bool is_seven_bit(char32_t code) {
  static constexpr std::u32string_view kMore = U"£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà€";
  if (code < 0x80) return code != '`' && (code >= 0x20 || code == '\n' || code == '\r');
  return kMore.find(code) != std::u32string_view::npos;
}
bool costs_two(char32_t code) {
  static constexpr std::u32string_view kTwo = U"^{}\\[~]|€";
  return kTwo.find(code) != std::u32string_view::npos;
}

tl::unexpected<Error> bad_template(const std::string& vi, const std::string& en) {
  return failure({ErrorCode::kInvalidArgument, "TEMPLATE_VARIABLE", vi, en});
}

/// A text cut at its braces.
struct Piece {
  enum class Kind : std::uint8_t { kPlain, kVariable, kFragment } kind = Kind::kPlain;
  std::string text;
};

std::string trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

Result<std::vector<Piece>> cut(std::string_view text) {
  std::vector<Piece> out;
  while (true) {
    const auto open = text.find("{{");
    const auto plain = text.substr(0, open);
    if (plain.find("}}") != std::string_view::npos)
      return bad_template("dấu }} không có dấu {{ đi trước; hãy bỏ hoặc thêm", "}} without {{ before it; remove or add one");
    if (!plain.empty()) out.push_back({Piece::Kind::kPlain, std::string(plain)});
    if (open == std::string_view::npos) return out;
    text.remove_prefix(open + 2);
    const auto close = text.find("}}");
    if (close == std::string_view::npos)
      return bad_template("dấu {{ không được đóng; hãy thêm }}", "{{ is not closed; add }}");
    const auto inner = text.substr(0, close);
    const bool fragment = !inner.empty() && inner.front() == '>';
    out.push_back({fragment ? Piece::Kind::kFragment : Piece::Kind::kVariable, trimmed(inner.substr(fragment ? 1 : 0))});
    text.remove_prefix(close + 2);
  }
}

const NoticeText& in_language(const NoticeTemplate& text, NoticeLanguage language) {
  return language == NoticeLanguage::kEnglish && text.en ? *text.en : text.vi;
}

class Expander {
 public:
  Expander(const NoticeSettings& settings, NoticeLanguage language) : settings_(settings), language_(language) {}

  Result<std::string> expand(const std::string& text) {
    const auto pieces = cut(text);
    if (!pieces) return failure(pieces.error());
    std::string out;
    for (const auto& piece : *pieces) {
      if (piece.kind == Piece::Kind::kPlain) out += piece.text;
      if (piece.kind == Piece::Kind::kVariable) out += "{{" + piece.text + "}}";
      if (piece.kind != Piece::Kind::kFragment) continue;
      auto inner = fragment(piece.text);
      if (!inner) return inner;
      out += *inner;
    }
    return out;
  }
  void enter(const TemplateRef& ref) { open_.push_back(ref); }

 private:
  Result<std::string> fragment(const std::string& name) {
    const auto ref = parse_template_ref(name);
    const auto* found = ref ? settings_.find(*ref) : nullptr;
    if (found == nullptr)
      return bad_template("không có mẫu “" + name + "”; hãy khai báo hoặc sửa",
                          "there is no template “" + name + "”; define it or correct this");
    if (std::find(open_.begin(), open_.end(), *ref) != open_.end())
      return bad_template("mẫu “" + name + "” chứa chính nó; hãy bỏ vòng lặp",
                          "the template “" + name + "” contains itself; remove the loop");
    open_.push_back(*ref);
    auto inner = expand(in_language(*found, language_).body);
    open_.pop_back();
    return inner;
  }

  const NoticeSettings& settings_;
  NoticeLanguage language_;
  std::vector<TemplateRef> open_;
};

Result<std::string> filled(const std::string& expanded, const NoticeValues& values) {
  const auto pieces = cut(expanded);
  if (!pieces) return failure(pieces.error());
  std::string out;
  for (const auto& piece : *pieces) {
    if (piece.kind == Piece::Kind::kPlain) {
      out += piece.text;
      continue;
    }
    const auto value = values.find(piece.text);
    if (value == values.end())
      return bad_template("thiếu giá trị của “" + piece.text + "”; hãy thêm", "“" + piece.text + "” has no value; give one");
    out += value->second;
  }
  return out;
}

}  // namespace

std::string fold_accents(std::string_view utf8) {
  std::string out;
  each_letter(utf8, [&](const Letter& letter) {
    if (is_combining_mark(letter.code)) return;
    const auto range = std::find_if(kFoldRanges.begin(), kFoldRanges.end(), [&](const FoldRange& candidate) {
      return letter.code >= candidate.first && letter.code <= candidate.last;
    });
    if (range == kFoldRanges.end()) {
      out += letter.bytes;
    } else {
      // In ranges of both, capitals and small letters take turns, the first being a capital.
      out += (letter.code - range->first) % 2 == 0 ? range->capital : range->small;
    }
  });
  return out;
}

SmsMeasure measure_sms(std::string_view utf8) {
  std::size_t seven_bit = 0;
  std::size_t utf16 = 0;
  bool all_seven_bit = true;
  each_letter(utf8, [&](const Letter& letter) {
    all_seven_bit = all_seven_bit && is_seven_bit(letter.code);
    seven_bit += costs_two(letter.code) ? 2 : 1;
    utf16 += letter.code > 0xFFFF ? 2 : 1;
  });
  return all_seven_bit ? SmsMeasure{seven_bit, 160} : SmsMeasure{utf16, 70};
}

Result<NoticeText> expand(const NoticeSettings& settings, const NoticeTemplate& text, NoticeLanguage language) {
  Expander expander(settings, language);
  expander.enter({text.id, text.version});
  const auto& from = in_language(text, language);
  auto subject = expander.expand(from.subject);
  if (!subject) return failure(subject.error());
  auto body = expander.expand(from.body);
  if (!body) return failure(body.error());
  return NoticeText{*std::move(subject), *std::move(body)};
}

Result<std::set<std::string, std::less<>>> variables_in(const NoticeText& expanded) {
  std::set<std::string, std::less<>> out;
  for (const auto* text : {&expanded.subject, &expanded.body}) {
    const auto pieces = cut(*text);
    if (!pieces) return failure(pieces.error());
    for (const auto& piece : *pieces) {
      if (piece.kind == Piece::Kind::kVariable) out.insert(piece.text);
    }
  }
  return out;
}

Result<NoticeText> render(const NoticeSettings& settings, const NoticeTemplate& text, NoticeLanguage language,
                          const NoticeValues& values) {
  const auto expanded = expand(settings, text, language);
  if (!expanded) return failure(expanded.error());
  auto subject = filled(expanded->subject, values);
  if (!subject) return failure(subject.error());
  auto body = filled(expanded->body, values);
  if (!body) return failure(body.error());
  for (char& c : *subject) {
    if (static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  if (text.fold_accents) *body = fold_accents(*body);
  return NoticeText{*std::move(subject), *std::move(body)};
}

}  // namespace lienthong::shared_kernel
