#pragma once

namespace lienthong {

/// Visitor made of lambdas, one per alternative; a forgotten alternative does not compile.
template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace lienthong
