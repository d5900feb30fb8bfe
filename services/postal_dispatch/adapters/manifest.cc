#include "postal_dispatch/adapters/manifest.h"

#include "platform/base/encoding.h"
#include "platform/crypto/sha256.h"
#include "shared_kernel/local_time.h"

#include <nlohmann/json.hpp>
#include <qrencode.h>

#include <cstdio>
#include <memory>
#include <numeric>
#include <string_view>

namespace lienthong::postal_dispatch {
namespace {

using shared_kernel::format_dossier_name;

struct FreeCode {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

constexpr std::size_t kDigestLength = 16;
/// Blank border that readers need. Source: ISO/IEC 18004.
constexpr std::size_t kQuietZone = 4;

const char* vietnamese(Bundle bundle) { return bundle == Bundle::kDossier ? "hồ sơ" : "kết quả"; }

std::string papers_text(const std::vector<PaperCount>& papers) {
  std::string out;
  for (const auto& paper : papers) {
    if (!out.empty()) out += ", ";
    out += paper.code + " x " + std::to_string(paper.count);
  }
  return out;
}

std::uint64_t count_of(const std::vector<PaperCount>& papers) {
  return std::accumulate(papers.begin(), papers.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const PaperCount& paper) { return sum + paper.count; });
}

std::string time_text(Instant at) {
  return at.micros == 0 ? "....................." : shared_kernel::format_local_minute(shared_kernel::minute_of(at));
}

/// Two rows in one line of characters, black on white as paper is.
std::string qr_text(const std::vector<std::vector<bool>>& rows) {
  const std::size_t size = rows.size() + 2 * kQuietZone;
  const auto black = [&](std::size_t row, std::size_t column) {
    const bool inside = row >= kQuietZone && row < size - kQuietZone && column >= kQuietZone && column < size - kQuietZone;
    return inside && rows[row - kQuietZone][column - kQuietZone];
  };
  std::string out;
  for (std::size_t row = 0; row < size; row += 2) {
    for (std::size_t column = 0; column < size; ++column) {
      const bool upper = black(row, column);
      const bool lower = row + 1 < size && black(row + 1, column);
      out += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    out += '\n';
  }
  return out;
}

}  // namespace

std::string manifest_code(const DossierName& name, const Bag& bag) {
  std::string listed = format_dossier_name(name);
  for (const auto& line : bag.lines) {
    listed += '\n' + format_dossier_name(line.dossier) + '|' + std::to_string(static_cast<int>(line.bundle));
    for (const auto& paper : line.papers) listed += '|' + paper.code + '=' + std::to_string(paper.count);
  }
  return bag.shipment.item + '/' + to_hex(crypto::sha256({listed}).view()).substr(0, kDigestLength);
}

Result<std::vector<std::vector<bool>>> qr_rows(const std::string& text) {
  const std::unique_ptr<QRcode, FreeCode> code(QRcode_encodeString(text.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1));
  if (!code) return malformed("a text for a QR code that is empty or too long");
  const auto width = static_cast<std::size_t>(code->width);
  std::vector<std::vector<bool>> rows(width, std::vector<bool>(width));
  for (std::size_t row = 0; row < width; ++row) {
    for (std::size_t column = 0; column < width; ++column) rows[row][column] = (code->data[row * width + column] & 1) != 0;
  }
  return rows;
}

Result<std::string> manifest_text(const DossierName& name, const Bag& bag) {
  const auto rows = qr_rows(manifest_code(name, bag));
  if (!rows) return failure(rows.error());
  std::string out = "BẢNG KÊ TÚI HỒ SƠ\n\n";
  out += "Số túi: " + bag.shipment.item + "    Số niêm phong: " + (bag.seal.empty() ? "....................." : bag.seal) +
         '\n';
  out += "Nơi gửi: " + bag.sender + "    Nơi nhận: " + bag.shipment.destination + "    Vận chuyển: " + bag.shipment.carrier +
         '\n';
  out += "Lập lúc: " + time_text(bag.shipment.ordered_at) + "    Niêm phong lúc: " + time_text(bag.sealed_at) + "\n\n";
  std::uint64_t papers = 0;
  std::size_t number = 0;
  for (const auto& line : bag.lines) {
    out += std::to_string(++number) + ". " + format_dossier_name(line.dossier) + " (" + vietnamese(line.bundle) + ")\n   " +
           papers_text(line.papers) + '\n';
    papers += count_of(line.papers);
  }
  out += "\nCộng: " + std::to_string(bag.lines.size()) + " dòng, " + std::to_string(papers) + " giấy tờ\n\n";
  out += qr_text(*rows);
  out += manifest_code(name, bag) + "\n\n";
  out += "Người giao (ký, giờ, ngày)              Bưu tá (ký, giờ, ngày)              Người nhận (ký, giờ, ngày)\n";
  return out;
}

Result<std::string> manifest_json(const DossierName& name, const Bag& bag) {
  const auto rows = qr_rows(manifest_code(name, bag));
  if (!rows) return failure(rows.error());
  nlohmann::ordered_json out;
  out["bag_id"] = format_dossier_name(name);
  out["item"] = bag.shipment.item;
  out["seal"] = bag.seal;
  out["sender"] = bag.sender;
  out["receiver"] = bag.shipment.destination;
  out["carrier"] = bag.shipment.carrier;
  auto& lines = out["lines"] = nlohmann::ordered_json::array();
  for (const auto& line : bag.lines) {
    nlohmann::ordered_json one;
    one["dossier_id"] = format_dossier_name(line.dossier);
    one["bundle"] = line.bundle == Bundle::kDossier ? "dossier" : "result";
    for (const auto& paper : line.papers) one["papers"][paper.code] = paper.count;
    lines.push_back(std::move(one));
  }
  auto& qr = out["qr"];
  qr["text"] = manifest_code(name, bag);
  qr["rows"] = nlohmann::ordered_json::array();
  for (const auto& row : *rows) {
    std::string text;
    for (const bool black : row) text += black ? '1' : '0';
    qr["rows"].push_back(std::move(text));
  }
  return out.dump(1);
}

}  // namespace lienthong::postal_dispatch
