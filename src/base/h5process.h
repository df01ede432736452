/* h5process.h - the processes in which HDF5 files are read (h5reader.h), for the program that they belong to. */
#ifndef GWS_BASE_H5PROCESS_H
#define GWS_BASE_H5PROCESS_H

/* Fork the process that forks the readers now instead of at the first file.  A program calls this while it has one thread, because
 * not every allocator can be forked while another thread is in it: glibc's can, the address sanitizer's cannot. */
void gws_h5_prepare(void);

/* While a file is waited for, `stop` is asked ten times a second; when it returns non-zero the reading ends with GWS_ESTOP. */
void gws_h5_stop_when(int (*stop)(void));

#endif
