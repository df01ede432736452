/* h5type.h - what the elements of a data set or an attribute are. */
#ifndef GWS_BASE_H5TYPE_H
#define GWS_BASE_H5TYPE_H

typedef enum gws_h5_type {
    GWS_H5_OTHER,
    GWS_H5_F32,
    GWS_H5_F64,
    GWS_H5_INT,
    GWS_H5_UINT,
    GWS_H5_STRING,
    GWS_H5_COMPOUND
} gws_h5_type;

#endif
