#include "postal_dispatch/core/telling.h"

#include "platform/base/encoding.h"
#include "platform/base/overloaded.h"

#include <utility>

namespace lienthong::postal_dispatch {
namespace {

enum class What : std::uint32_t { kBag = 1, kCollection = 2, kSettlement = 3 };

class Writer {
 public:
  void number(std::uint64_t value) { append_u64_be(out_, value); }
  void amount(std::int64_t value) { number(static_cast<std::uint64_t>(value)); }
  void text(std::string_view value) {
    append_u32_be(out_, static_cast<std::uint32_t>(value.size()));
    out_ += value;
  }
  void name(const DossierName& value) {
    text(value.home.text());
    text(value.id.view());
  }
  void papers(const std::vector<PaperCount>& values) {
    number(values.size());
    for (const auto& paper : values) {
      text(paper.code);
      number(paper.count);
    }
  }
  std::string take() && { return std::move(out_); }

 private:
  std::string out_;
};

/// After the first field that is not there everything reads as nothing, and `finish` says so.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  std::uint64_t number() { return have(8) ? read_u64_be(cut(8)) : 0; }
  std::int64_t amount() { return static_cast<std::int64_t>(number()); }
  std::uint32_t small() { return static_cast<std::uint32_t>(number()); }
  std::string text() {
    const std::size_t size = have(4) ? read_u32_be(cut(4)) : 0;
    return have(size) ? std::string(cut(size)) : std::string();
  }
  HomeKey home() {
    auto key = HomeKey::parse(text());
    if (!key) broken_ = true;
    return key ? *std::move(key) : HomeKey();
  }
  DossierName name() {
    DossierName out{home(), {}};
    const auto id = DossierId::from(text());
    if (!id) broken_ = true;
    if (id) out.id = *id;
    return out;
  }
  std::vector<PaperCount> papers() {
    std::vector<PaperCount> out;
    for (auto left = number(); left > 0 && !broken_; --left) {
      std::string code = text();
      out.push_back({std::move(code), small()});
    }
    return out;
  }
  bool finished() const { return !broken_ && in_.empty(); }

 private:
  bool have(std::size_t size) {
    if (in_.size() < size) broken_ = true;
    return !broken_;
  }
  std::string_view cut(std::size_t size) {
    const auto out = in_.substr(0, size);
    in_.remove_prefix(size);
    return out;
  }

  std::string_view in_;
  bool broken_ = false;
};

void write(Writer& out, const TellOfBag& told) {
  out.number(static_cast<std::uint64_t>(What::kBag));
  out.text(told.home.text());
  out.name(told.fact.bag);
  out.text(told.fact.number);
  out.number(static_cast<std::uint64_t>(told.fact.kind));
  out.number(static_cast<std::uint64_t>(told.fact.bundle));
  out.text(told.fact.agency);
  out.amount(told.fact.at.micros);
  out.papers(told.fact.papers);
  out.papers(told.fact.missing);
  out.papers(told.fact.extra);
}
void write(Writer& out, const AddCollection& added) {
  out.number(static_cast<std::uint64_t>(What::kCollection));
  out.text(added.home.text());
  out.text(added.carrier);
  out.amount(added.day.days);
  out.name(added.collection.dossier);
  out.number(added.collection.shipment);
  out.text(added.collection.item);
  out.amount(added.collection.amount);
  out.amount(added.collection.owed);
  out.text(added.collection.receipt);
  out.amount(added.collection.at.micros);
}
void write(Writer& out, const TellOfSettlement& told) {
  out.number(static_cast<std::uint64_t>(What::kSettlement));
  out.number(told.shipment);
  out.text(told.carrier);
  out.amount(told.amount);
  out.amount(told.at.micros);
}

TellOfBag read_bag(Reader& in) {
  TellOfBag out;
  out.home = in.home();
  out.fact.bag = in.name();
  out.fact.number = in.text();
  out.fact.kind = static_cast<BagFactKind>(in.number());
  out.fact.bundle = static_cast<Bundle>(in.number());
  out.fact.agency = in.text();
  out.fact.at = {in.amount()};
  out.fact.papers = in.papers();
  out.fact.missing = in.papers();
  out.fact.extra = in.papers();
  return out;
}
AddCollection read_collection(Reader& in) {
  AddCollection out;
  out.home = in.home();
  out.carrier = in.text();
  out.day = {static_cast<std::int32_t>(in.amount())};
  out.collection.dossier = in.name();
  out.collection.shipment = in.small();
  out.collection.item = in.text();
  out.collection.amount = in.amount();
  out.collection.owed = in.amount();
  out.collection.receipt = in.text();
  out.collection.at = {in.amount()};
  return out;
}
TellOfSettlement read_settlement(Reader& in) {
  TellOfSettlement out;
  out.shipment = in.small();
  out.carrier = in.text();
  out.amount = in.amount();
  out.at = {in.amount()};
  return out;
}

}  // namespace

std::string encode(const Telling& telling) {
  Writer out;
  out.name(telling.target);
  std::visit([&](const auto& what) { write(out, what); }, telling.what);
  return std::move(out).take();
}

Result<Telling> decode_telling(std::string_view payload) {
  Reader in(payload);
  Telling out;
  out.target = in.name();
  switch (static_cast<What>(in.number())) {
    case What::kBag: out.what = read_bag(in); break;
    case What::kCollection: out.what = read_collection(in); break;
    case What::kSettlement: out.what = read_settlement(in); break;
    default: return malformed("telling");
  }
  if (!in.finished()) return malformed("telling");
  return out;
}

}  // namespace lienthong::postal_dispatch
