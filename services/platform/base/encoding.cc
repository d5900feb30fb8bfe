#include "platform/base/encoding.h"

#include "platform/base/error.h"

namespace lienthong {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int base32_value(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == 'O') return 0;
  if (c == 'I' || c == 'L') return 1;
  const auto at = kCrockford.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

template <class T>
void append_be(std::string& out, T value) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> shift) & 0xFF));
  }
}

template <class T>
T read_be(std::string_view bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>((value << 8) | static_cast<std::uint8_t>(bytes[i]));
  return value;
}

}  // namespace

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "INVALID_ARGUMENT";
    case ErrorCode::kNotFound: return "NOT_FOUND";
    case ErrorCode::kAlreadyExists: return "ALREADY_EXISTS";
    case ErrorCode::kPermissionDenied: return "PERMISSION_DENIED";
    case ErrorCode::kUnauthenticated: return "UNAUTHENTICATED";
    case ErrorCode::kFailedPrecondition: return "FAILED_PRECONDITION";
    case ErrorCode::kAborted: return "ABORTED";
    case ErrorCode::kResourceExhausted: return "RESOURCE_EXHAUSTED";
    case ErrorCode::kUnavailable: return "UNAVAILABLE";
    case ErrorCode::kDeadlineExceeded: return "DEADLINE_EXCEEDED";
    case ErrorCode::kDataLoss: return "DATA_LOSS";
    case ErrorCode::kInternal: return "INTERNAL";
  }
  return "INTERNAL";
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out.push_back(kHexDigits[static_cast<std::uint8_t>(c) >> 4]);
    out.push_back(kHexDigits[static_cast<std::uint8_t>(c) & 15]);
  }
  return out;
}

Result<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return malformed("hexadecimal text of odd length");
  std::string out;
  out.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_value(hex[i]);
    const int low = hex_value(hex[i + 1]);
    if (high < 0 || low < 0) return malformed("a character that is not hexadecimal");
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

std::string to_base32(std::string_view bytes) {
  std::string out;
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8) | static_cast<std::uint8_t>(c);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out.push_back(kCrockford[(buffer >> bits) & 31]);
    }
    buffer &= (1U << bits) - 1;
  }
  if (bits > 0) out.push_back(kCrockford[(buffer << (5 - bits)) & 31]);
  return out;
}

Result<std::string> from_base32(std::string_view text, std::size_t byte_count) {
  if (text.size() != (byte_count * 8 + 4) / 5) return malformed("base32 text of wrong length");
  std::string out;
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const int value = base32_value(c);
    if (value < 0) return malformed("a character that is not base32");
    buffer = (buffer << 5) | static_cast<std::uint32_t>(value);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>((buffer >> bits) & 0xFF));
    }
    buffer &= (1U << bits) - 1;
  }
  if (buffer != 0) return malformed("base32 text with bits beyond its length");
  return out;
}

void append_u16_be(std::string& out, std::uint16_t value) { append_be(out, value); }
void append_u32_be(std::string& out, std::uint32_t value) { append_be(out, value); }
void append_u64_be(std::string& out, std::uint64_t value) { append_be(out, value); }
std::uint16_t read_u16_be(std::string_view bytes) { return read_be<std::uint16_t>(bytes); }
std::uint32_t read_u32_be(std::string_view bytes) { return read_be<std::uint32_t>(bytes); }
std::uint64_t read_u64_be(std::string_view bytes) { return read_be<std::uint64_t>(bytes); }

}  // namespace lienthong
