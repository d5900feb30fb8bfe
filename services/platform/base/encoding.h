#pragma once

#include "platform/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace lienthong {

std::string to_hex(std::string_view bytes);
/// Errors: kInvalidArgument on an odd length or a character that is not hexadecimal.
Result<std::string> from_hex(std::string_view hex);

/// Crockford base32, upper case, most significant bits first; 16 bytes give 26 characters.
std::string to_base32(std::string_view bytes);
/// Accepts lower case and the look-alikes O, I, L (Crockford). Errors: kInvalidArgument on other characters, a wrong
/// length or non-zero padding bits.
Result<std::string> from_base32(std::string_view text, std::size_t byte_count);

void append_u16_be(std::string& out, std::uint16_t value);
void append_u32_be(std::string& out, std::uint32_t value);
void append_u64_be(std::string& out, std::uint64_t value);
/// Precondition: `bytes` has the width that is read.
std::uint16_t read_u16_be(std::string_view bytes);
std::uint32_t read_u32_be(std::string_view bytes);
std::uint64_t read_u64_be(std::string_view bytes);

}  // namespace lienthong
