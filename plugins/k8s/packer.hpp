// SPDX-License-Identifier: Apache-2.0
// Objects at rest: deflated one by one against a dictionary, an earlier object of their kind, since objects of a kind
// repeat each other's words.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sonde::k8s {

class packer {
public:
    // Bytes of a dictionary that are used at most: the window of deflate.
    static constexpr std::size_t longest_dictionary = 32U << 10;

    packer();
    packer(packer&&) noexcept;
    packer& operator=(packer&&) noexcept;
    ~packer();

    // Overwrites `out`.
    void pack(std::string_view text, std::string_view dictionary, std::string& out);
    // Appends to `out`; false if `packed` is not what pack() gave with this dictionary and size.
    [[nodiscard]] bool unpack(std::string_view packed, std::size_t size, std::string_view dictionary, std::string& out);

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::k8s
