//! The border to JavaScript: who asks writes into memory taken here, and reads the answer before he asks
//! again.

use std::sync::Mutex;

/// Request and answer. There is one thread; the lock is what safe code asks for.
static REQUEST: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Room for a request of `length` bytes; the address of its first.
#[no_mangle]
pub extern "C" fn room(length: usize) -> *mut u8 {
    let Ok(mut request) = REQUEST.lock() else {
        return core::ptr::null_mut();
    };
    request.clear();
    request.resize(length, 0);
    request.as_mut_ptr()
}

/// Answers what was written there; the address of the answer: its length in four bytes, little endian, then
/// the answer.
#[no_mangle]
pub extern "C" fn ask() -> *const u8 {
    let (Ok(request), Ok(mut answer)) = (REQUEST.lock(), ANSWER.lock()) else {
        return core::ptr::null();
    };
    let json = crate::answer(&request);
    answer.clear();
    let length = u32::try_from(json.len()).unwrap_or(0);
    answer.extend_from_slice(&length.to_le_bytes());
    answer.extend_from_slice(&json);
    answer.as_ptr()
}
