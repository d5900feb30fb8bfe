#pragma once

namespace lienthong::redis {

/// The function library that every projection server must have (functions.lua). Its name carries its version, so that two
/// releases can use one server side by side.
extern const char* const kFunctionLibrary;

}  // namespace lienthong::redis
