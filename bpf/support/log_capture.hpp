// SPDX-License-Identifier: Apache-2.0
// Keeps what libbpf prints on this thread while the object lives. libbpf has one print function per process, and each
// module has a copy of this code: ours is put in with the module's first capture, hands each line to the capture of its
// thread, or to the module that was there before. What nobody captures is dropped. It is taken out when the module is
// unloaded, which has to happen in the opposite order.
#pragma once

#include <string>
#include <string_view>

namespace sonde::bpf {

class log_capture final {
public:
    log_capture() noexcept;
    ~log_capture();
    log_capture(const log_capture&) = delete;
    log_capture& operator=(const log_capture&) = delete;

    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    void append(std::string_view line);

private:
    log_capture* outer_;
    std::string text_;
};

}  // namespace sonde::bpf
