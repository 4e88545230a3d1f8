// SPDX-License-Identifier: MIT
// An example plugin in Rust, without a crate: it calls what murald has for languages that
// cannot inline C.  A command has twelve bytes: a letter, x, y, width, height (little-endian
// u16), r, g, b.
//
//	P  paints the pixel x,y
//	L  paints a line of `width` pixels that fades to black
//	F  fills a rectangle
//	R  is answered with r, g, b of `width` pixels, as far as they lie inside
//
//	rustc --crate-type cdylib -C panic=abort -O shapes.rs -o shapes.so
#![allow(non_upper_case_globals)]
use std::os::raw::{c_char, c_int, c_void};

// As <mural/plugin.h> and <mural/brush.h> have it, as far as it is used here: murald takes
// a table that is shorter than its own.
const MURAL_ABI: u32 = 1;
const MURAL_STREAM: u32 = 1;

// What is behind these pointers belongs to murald.
pub enum Conn {}
pub enum Brush {}

extern "C" {
    fn mural_paint(brush: *mut Brush, x: u32, y: u32, argb: u32);
    fn mural_paint_row(brush: *mut Brush, x: u32, y: u32, count: u32, argb: *const u32);
    fn mural_paint_rect(brush: *mut Brush, x: u32, y: u32, width: u32, height: u32, argb: u32);
    fn mural_read_row(brush: *const Brush, x: u32, y: u32, count: u32, argb: *mut u32) -> u32;
    fn mural_reply(conn: *mut Conn, data: *const c_void, len: usize) -> c_int;
}

type Feed = unsafe extern "C" fn(*mut Conn, *mut Brush, *const u8, usize) -> isize;

#[repr(C)]
pub struct Plugin {
    abi: u32,
    size: u32,
    name: *const c_char,
    summary: *const c_char,
    version: *const c_char,
    options: *const c_void,
    config_size: usize,
    state_size: usize,
    conn_size: usize,
    transports: u32,
    reserved: u32,
    listen: *const c_char,
    check: Option<unsafe extern "C" fn()>,
    open: Option<unsafe extern "C" fn()>,
    feed: Option<Feed>,
}

// Nothing in the table is ever written.
unsafe impl Sync for Plugin {}

fn fading(argb: u32, i: u32, count: u32) -> u32 {
    let channel = |shift: u32| (argb >> shift & 0xff) * (count - i) / count << shift;
    0xff000000 | channel(16) | channel(8) | channel(0)
}

unsafe fn answer(conn: *mut Conn, brush: *const Brush, x: u32, y: u32, count: u32) {
    let mut row = [0u32; 256];
    let inside = mural_read_row(brush, x, y, count.min(256), row.as_mut_ptr());
    let bytes: Vec<u8> = row[..inside as usize]
        .iter()
        .flat_map(|argb| argb.to_be_bytes()[1..].to_vec())
        .collect();
    mural_reply(conn, bytes.as_ptr() as *const c_void, bytes.len());
}

unsafe fn run(conn: *mut Conn, brush: *mut Brush, command: &[u8]) {
    let u16_at = |i: usize| u32::from(command[i]) | u32::from(command[i + 1]) << 8;
    let (x, y, width, height) = (u16_at(1), u16_at(3), u16_at(5), u16_at(7));
    let argb = u32::from_be_bytes([0xff, command[9], command[10], command[11]]);
    match command[0] {
        b'P' => mural_paint(brush, x, y, argb),
        b'L' => {
            let row: Vec<u32> = (0..width).map(|i| fading(argb, i, width)).collect();
            mural_paint_row(brush, x, y, width, row.as_ptr())
        }
        b'F' => mural_paint_rect(brush, x, y, width, height, argb),
        b'R' => answer(conn, brush, x, y, width),
        _ => (),
    }
}

unsafe extern "C" fn feed(conn: *mut Conn, brush: *mut Brush, data: *const u8, len: usize) -> isize {
    let commands = std::slice::from_raw_parts(data, len).chunks_exact(12);
    let used = len - commands.remainder().len();
    for command in commands {
        run(conn, brush, command);
    }
    used as isize
}

#[no_mangle]
pub static mural_plugin: Plugin = Plugin {
    abi: MURAL_ABI,
    size: std::mem::size_of::<Plugin>() as u32,
    name: b"shapes\0".as_ptr() as *const c_char,
    summary: b"lines and rectangles, in Rust\0".as_ptr() as *const c_char,
    version: std::ptr::null(),
    options: std::ptr::null(),
    config_size: 0,
    state_size: 0,
    conn_size: 0,
    transports: MURAL_STREAM,
    reserved: 0,
    listen: std::ptr::null(),
    check: None,
    open: None,
    feed: Some(feed),
};
