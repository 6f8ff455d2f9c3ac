//! Wrappers as modules of burn that leave no trace in the names of weights.
//!
//! `#[derive(Module)]` would put the name of a wrapper's field before that of every weight. Here a backbone is visited as if it
//! stood where its wrapper stands, so that files of weights are the same for all wrappers, and those made before there were any
//! are read.

use burn::module::{Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor};
use burn::tensor::Device;

use super::{Plain, Preconditioned, Tube, TwoPlates};

/// `Module` for a wrapper with a `backbone` and perhaps a module more, which is visited behind it under its name.
macro_rules! wrapper_module {
    ($wrapper:ident $(, $part:ident)?) => {
        impl<B: Module> Module for $wrapper<B> {
            fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
                self.backbone.visit(visitor);
                $(
                    visitor.enter_module(stringify!($part), concat!("Struct:", stringify!($wrapper)));
                    self.$part.visit(visitor);
                    visitor.exit_module(stringify!($part), concat!("Struct:", stringify!($wrapper)));
                )?
            }

            fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
                let backbone = self.backbone.map(mapper);
                $(
                    mapper.enter_module(stringify!($part), concat!("Struct:", stringify!($wrapper)));
                    let $part = self.$part.map(mapper);
                    mapper.exit_module(stringify!($part), concat!("Struct:", stringify!($wrapper)));
                )?
                Self { backbone, $($part,)? ..self }
            }

            fn collect_devices(&self, devices: Devices) -> Devices {
                let devices = self.backbone.collect_devices(devices);
                $(let devices = self.$part.collect_devices(devices);)?
                devices
            }

            fn valid(&self) -> Self {
                Self { backbone: self.backbone.valid(), $($part: self.$part.valid(),)? ..self.clone() }
            }

            fn to_device(self, device: &Device) -> Self {
                Self { backbone: self.backbone.to_device(device), $($part: self.$part.to_device(device),)? ..self }
            }

            fn fork(self, device: &Device) -> Self {
                Self { backbone: self.backbone.fork(device), $($part: self.$part.fork(device),)? ..self }
            }

            fn train(self) -> Self {
                Self { backbone: self.backbone.train(), $($part: self.$part.train(),)? ..self }
            }

            fn materialize(self) -> Self {
                Self { backbone: self.backbone.materialize(), $($part: self.$part.materialize(),)? ..self }
            }
        }

        wrapper_module!(@display $wrapper);
    };
    (@display $wrapper:ident) => {
        impl<B: ModuleDisplay> ModuleDisplayDefault for $wrapper<B> {
            fn content(&self, content: Content) -> Option<Content> {
                content.set_top_level_type(stringify!($wrapper)).add("backbone", self.backbone()).optional()
            }

            fn num_params(&self) -> usize {
                ModuleDisplayDefault::num_params(self.backbone())
            }
        }

        impl<B: ModuleDisplay> ModuleDisplay for $wrapper<B> {}
    };
}

wrapper_module!(Plain);
wrapper_module!(TwoPlates);
wrapper_module!(Tube, tube);

/// The same expression for the wrapper at hand.
macro_rules! any {
    ($this:expr, $wrapper:ident => $value:expr) => {
        match $this {
            Preconditioned::Plain($wrapper) => $value,
            Preconditioned::TwoPlates($wrapper) => $value,
            Preconditioned::Tube($wrapper) => $value,
        }
    };
}
/// The same expression for the wrapper at hand, which makes one of the same kind.
macro_rules! any_again {
    ($this:expr, $wrapper:ident => $value:expr) => {
        match $this {
            Preconditioned::Plain($wrapper) => Preconditioned::Plain($value),
            Preconditioned::TwoPlates($wrapper) => Preconditioned::TwoPlates($value),
            Preconditioned::Tube($wrapper) => Preconditioned::Tube($value),
        }
    };
}
pub(super) use {any, any_again};

impl<B: Module> Module for Preconditioned<B> {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        any!(self, wrapper => wrapper.visit(visitor));
    }

    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        any_again!(self, wrapper => wrapper.map(mapper))
    }

    fn collect_devices(&self, devices: Devices) -> Devices {
        any!(self, wrapper => wrapper.collect_devices(devices))
    }

    fn valid(&self) -> Self {
        any_again!(self, wrapper => wrapper.valid())
    }

    fn to_device(self, device: &Device) -> Self {
        any_again!(self, wrapper => wrapper.to_device(device))
    }

    fn fork(self, device: &Device) -> Self {
        any_again!(self, wrapper => wrapper.fork(device))
    }

    fn train(self) -> Self {
        any_again!(self, wrapper => wrapper.train())
    }

    fn materialize(self) -> Self {
        any_again!(self, wrapper => wrapper.materialize())
    }
}

wrapper_module!(@display Preconditioned);
